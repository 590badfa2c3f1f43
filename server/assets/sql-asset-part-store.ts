import { sql } from 'kysely';
import { AppError, type Clock } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow } from '../database/index.ts';
import {
  type AssetPart,
  type AssetPartKind,
  type AssetPartStore,
  type NewAssetPart,
  NO_PARTS,
} from './asset-part-store.ts';
import type { AssetOfProject, AssetPlace, PersonScope } from './asset-store.ts';
import { insertObject, isThereAt, keepProject, loadSealedObjects, objectsOf } from './object-rows.ts';
import { asPart, destroyOldestParts, destroyParts, partsOfAsset, selectParts } from './part-rows.ts';

/** Keeps parts in the tables `asset_parts`, `objects` and `object_segments`. What the clock says has expired is not there. */
export function createSqlAssetPartStore(database: Database, clock: Pick<Clock, 'now'>): AssetPartStore {
  return {
    async add(place, part, { mostKept, now }) {
      const adding = database.inAccount(personOf(place), async (transaction) => {
        await keepProject(transaction, place);
        const asset = await lockAsset(transaction, place, clock.now());
        if (asset === undefined) return undefined;
        const known = await findPart(transaction, place, part.id, clock.now());
        if (known !== undefined) {
          if (known.assetId !== place.assetId || known.kind !== part.kind) throw isTaken();
          return { part: known, isNew: false, destroyed: NO_PARTS };
        }
        const number = asset.last_part_number + 1;
        await insertPart(transaction, place, part, {
          number,
          expiresAt: earlier(part.expiresAt, asset.expires_at),
          now,
        });
        const destroyed = await destroyOldestParts(transaction, place, part.kind, mostKept);
        const added = await findPart(transaction, place, part.id, clock.now());
        return added && { part: added, isNew: true, destroyed };
      });
      return adding.catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'already-exists') throw isTaken();
        if (isRefusedRow(error)) return undefined;
        throw error;
      });
    },

    list(place, { kind, limit, before }) {
      return database.inAccount(personOf(place), async (transaction) => {
        let parts = selectParts(transaction, place, clock.now())
          .where('asset_parts.asset_id', '=', place.assetId)
          .where('asset_parts.kind', '=', kind);
        if (before !== undefined) parts = parts.where('asset_parts.number', '<', before);
        return (await parts.orderBy('asset_parts.number', 'desc').limit(limit).execute()).map(asPart);
      });
    },

    count(scope: PersonScope, assetIds: readonly string[], kind: AssetPartKind) {
      return database.inAccount(personOf(scope), async (transaction) => {
        if (assetIds.length === 0) return new Map<string, number>();
        const rows = await transaction
          .selectFrom('asset_parts')
          .select(['asset_id', sql<number>`count(*)::int`.as('found')])
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .where('asset_id', 'in', [...assetIds])
          .where('kind', '=', kind)
          .where(isThereAt('asset_parts', clock.now()))
          .groupBy('asset_id')
          .execute();
        return new Map(rows.map((row) => [row.asset_id, row.found]));
      });
    },

    findWithObjects(place, kind, numbers) {
      return database.inAccount(personOf(place), async (transaction) => {
        if (numbers.length === 0) return [];
        const rows = await selectParts(transaction, place, clock.now())
          .where('asset_parts.asset_id', '=', place.assetId)
          .where('asset_parts.kind', '=', kind)
          .where('asset_parts.number', 'in', [...numbers])
          .orderBy('asset_parts.number', 'desc')
          .execute();
        if (rows.length === 0) return [];
        const ids = rows.map(({ id }) => id);
        const objects = await objectsOf(transaction, place).selectAll().where('part_id', 'in', ids).execute();
        const sealed = await loadSealedObjects(transaction, place, objects);
        const storedAs = new Map(objects.map((row) => [row.part_id, row.stored_as]));
        return rows.map((row) => ({ part: asPart(row), object: sealed.get(storedAs.get(row.id) ?? '') }));
      });
    },

    delete(place, kind, number) {
      return database.inAccount(personOf(place), async (transaction) => {
        if ((await lockAsset(transaction, place, clock.now())) === undefined) return undefined;
        const rows = await partsOfAsset(transaction, place)
          .select(['id', 'number'])
          .where('kind', '=', kind)
          .where('number', '=', number)
          .where(isThereAt('asset_parts', clock.now()))
          .execute();
        return rows.length === 0 ? undefined : destroyParts(transaction, place, rows);
      });
    },

    listInProject(scope, { limit, after }) {
      return database.inAccount(personOf(scope), async (transaction) => {
        let parts = selectParts(transaction, scope, clock.now());
        if (after !== undefined)
          parts = parts.where(
            sql<boolean>`(asset_parts.asset_id, asset_parts.number) > (${after.assetId}::uuid, ${after.number}::bigint)`,
          );
        const inOrder = parts.orderBy('asset_parts.asset_id').orderBy('asset_parts.number').limit(limit);
        return (await inOrder.execute()).map(asPart);
      });
    },

    listExpired(accountId, now, limit) {
      return database.inAccount({ accountId }, async (transaction) => {
        const rows = await transaction
          .selectFrom('asset_parts')
          .select(['project_id', 'asset_id'])
          .distinct()
          .where('account_id', '=', accountId)
          .where('expires_at', '<=', now)
          .limit(limit)
          .execute();
        return rows.map((row) => ({ accountId, projectId: row.project_id, assetId: row.asset_id }));
      });
    },

    deleteExpired(place: AssetOfProject, now: Date, limit: number) {
      return database.inAccount({ accountId: place.accountId }, async (transaction) => {
        await assetOf(transaction, place).select('id').forNoKeyUpdate().execute();
        const rows = await partsOfAsset(transaction, place)
          .select(['id', 'number'])
          .where('expires_at', '<=', now)
          .orderBy('number')
          .limit(limit)
          .execute();
        return destroyParts(transaction, place, rows);
      });
    },
  };
}

function personOf({ accountId, userId }: PersonScope): { readonly accountId: string; readonly userId: string } {
  return { accountId, userId };
}

function assetOf(transaction: DatabaseTransaction, { accountId, projectId, assetId }: AssetOfProject) {
  return transaction
    .selectFrom('assets')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .where('id', '=', assetId);
}

/** Parts of one asset are added and destroyed in a row: two that count at once would not see each other. */
function lockAsset(transaction: DatabaseTransaction, place: AssetPlace, now: Date) {
  return assetOf(transaction, place)
    .select(['last_part_number', 'expires_at'])
    .where(isThereAt('assets', now))
    .forNoKeyUpdate()
    .executeTakeFirst();
}

async function findPart(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  partId: string,
  now: Date,
): Promise<AssetPart | undefined> {
  const row = await selectParts(transaction, place, now).where('asset_parts.id', '=', partId).executeTakeFirst();
  return row && asPart(row);
}

async function insertPart(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  { object, ...part }: NewAssetPart,
  { number, expiresAt, now }: { readonly number: number; readonly expiresAt: Date | null; readonly now: Date },
): Promise<void> {
  await transaction
    .insertInto('asset_parts')
    .values({
      id: part.id,
      account_id: place.accountId,
      project_id: place.projectId,
      asset_id: place.assetId,
      kind: part.kind,
      number,
      name: part.name ?? '',
      description: part.description ?? '',
      created_by: part.createdByUserId,
      created_at: part.createdAt,
      expires_at: expiresAt,
      size_bytes: object.sizeBytes ?? null,
      sealed_size_bytes: object.sealedSizeBytes,
    })
    .execute();
  await insertObject(transaction, place, object, { now, partId: part.id, expiresAt });
  await transaction
    .updateTable('assets')
    .set({ last_part_number: number, updated_at: sql<Date>`greatest(updated_at, ${now})` })
    .where('account_id', '=', place.accountId)
    .where('project_id', '=', place.projectId)
    .where('id', '=', place.assetId)
    .execute();
}

/** A part is gone with its asset. */
function earlier(one: Date | undefined, other: Date | null): Date | null {
  if (one === undefined || other === null) return one ?? other;
  return one < other ? one : other;
}

function isTaken(): AppError {
  return new AppError('already-exists', 'This id is taken by something else. Choose a new one.');
}
