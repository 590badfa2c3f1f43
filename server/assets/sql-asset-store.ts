import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import type { Database, DatabaseTransaction } from '../database/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { Asset, AssetChange, AssetPlace, AssetQuery, AssetStore, NewAsset } from './asset-store.ts';

type ProjectScope = { readonly accountId: string; readonly projectId: string };

/** PostgreSQL's code for a reference to a row that is not there. */
const FOREIGN_KEY_VIOLATION = '23503';

/** Keeps assets in the tables `assets` and `objects`. */
export function createSqlAssetStore(database: Database): AssetStore {
  return {
    async insert(scope: ProjectScope, asset: NewAsset, now: Date) {
      try {
        return await database.inAccount({ accountId: scope.accountId }, async (transaction) => {
          await transaction
            .insertInto('assets')
            .values({
              id: asset.id,
              account_id: scope.accountId,
              project_id: scope.projectId,
              type: asset.type,
              name: asset.name,
              description: asset.description,
              created_by: asset.createdByUserId,
              created_at: now,
              updated_at: now,
            })
            .execute();
          const place = { ...scope, assetId: asset.id };
          await insertObject(transaction, place, asset.object, now);
          const kept = await findAsset(transaction, place);
          if (kept === undefined) throw notFound('project', scope.projectId);
          return kept;
        });
      } catch (error) {
        if (isForeignKeyViolation(error)) throw notFound('project', scope.projectId);
        throw error;
      }
    },

    find(place: AssetPlace) {
      return database.inAccount({ accountId: place.accountId }, (transaction) => findAsset(transaction, place));
    },

    findWithObject(place: AssetPlace) {
      return database.inAccount({ accountId: place.accountId }, async (transaction) => {
        const asset = await findAsset(transaction, place);
        if (asset === undefined) return undefined;
        const row = await objectsOf(transaction, place).selectAll().orderBy('created_at', 'desc').executeTakeFirst();
        return { asset, object: row === undefined ? undefined : asSealedObject(row) };
      });
    },

    list(scope: ProjectScope, query: AssetQuery) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        const { nameContains, after } = query;
        let select = selectAssets(transaction, scope).where('assets.type', '=', query.type);
        if (nameContains !== undefined) select = select.where('assets.name', 'ilike', `%${escapeLike(nameContains)}%`);
        if (after !== undefined) {
          select = select.where((where) =>
            where.or([
              where('assets.updated_at', '<', after.updatedAt),
              where.and([where('assets.updated_at', '=', after.updatedAt), where('assets.id', '>', after.id)]),
            ]),
          );
        }
        const rows = await select
          .orderBy('assets.updated_at', 'desc')
          .orderBy('assets.id')
          .limit(query.limit)
          .execute();
        return rows.map(asAsset);
      });
    },

    update(place: AssetPlace, change: AssetChange, now: Date) {
      return database.inAccount({ accountId: place.accountId }, async (transaction) => {
        // The first statement locks the row, so saves of one asset come in a row: each takes the place of the one before it.
        const updated = await transaction
          .updateTable('assets')
          .set({
            updated_at: sql<Date>`greatest(updated_at, ${now})`,
            ...(change.name === undefined ? {} : { name: change.name }),
            ...(change.description === undefined ? {} : { description: change.description }),
          })
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('id', '=', place.assetId)
          .returning('id')
          .executeTakeFirst();
        if (updated === undefined) return undefined;
        const replacedObjectIds =
          change.object === undefined ? [] : await replaceObject(transaction, place, change.object, now);
        const asset = await findAsset(transaction, place);
        return asset === undefined ? undefined : { asset, replacedObjectIds };
      });
    },

    delete(place: AssetPlace) {
      return database.inAccount({ accountId: place.accountId }, async (transaction) => {
        // Locked, so that no save can put another object there meanwhile.
        const asset = await transaction
          .selectFrom('assets')
          .select('id')
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('id', '=', place.assetId)
          .forUpdate()
          .executeTakeFirst();
        if (asset === undefined) return undefined;
        const objectIds = await deleteObjects(transaction, place);
        await transaction
          .deleteFrom('assets')
          .where('account_id', '=', place.accountId)
          .where('id', '=', place.assetId)
          .execute();
        return objectIds;
      });
    },

    referenced(scope: ProjectScope, objectIds: readonly string[]) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        if (objectIds.length === 0) return new Set<string>();
        const rows = await transaction
          .selectFrom('objects')
          .select('id')
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .where('id', 'in', [...objectIds])
          .execute();
        return new Set(rows.map(({ id }) => id));
      });
    },

    hasProject(scope: ProjectScope) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        const project = await transaction
          .selectFrom('projects')
          .select('id')
          .where('account_id', '=', scope.accountId)
          .where('id', '=', scope.projectId)
          .executeTakeFirst();
        return project !== undefined;
      });
    },
  };
}

/** Name of the person and size of the object come from their own tables; either may be gone without the asset being lost. */
function selectAssets(transaction: DatabaseTransaction, scope: ProjectScope) {
  return transaction
    .selectFrom('assets')
    .leftJoin('users', 'users.id', 'assets.created_by')
    .leftJoin('objects', 'objects.asset_id', 'assets.id')
    .select([
      'assets.id',
      'assets.project_id',
      'assets.type',
      'assets.name',
      'assets.description',
      'assets.created_at',
      'assets.updated_at',
      'users.name as created_by_name',
      'objects.sealed_size_bytes',
    ])
    .where('assets.account_id', '=', scope.accountId)
    .where('assets.project_id', '=', scope.projectId);
}

async function findAsset(transaction: DatabaseTransaction, place: AssetPlace): Promise<Asset | undefined> {
  const row = await selectAssets(transaction, place).where('assets.id', '=', place.assetId).executeTakeFirst();
  return row === undefined ? undefined : asAsset(row);
}

function objectsOf(transaction: DatabaseTransaction, place: AssetPlace) {
  return transaction
    .selectFrom('objects')
    .where('account_id', '=', place.accountId)
    .where('asset_id', '=', place.assetId);
}

async function insertObject(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  object: SealedObject,
  now: Date,
): Promise<void> {
  await transaction
    .insertInto('objects')
    .values({
      id: object.objectId,
      account_id: place.accountId,
      project_id: place.projectId,
      asset_id: place.assetId,
      purpose: object.purpose,
      project_key_id: object.projectKeyId,
      wrapped_key: Buffer.from(object.wrappedKey),
      sealed_size_bytes: object.sealedSizeBytes,
      sealed_sha256: Buffer.from(object.sealedSha256),
      created_at: now,
    })
    .execute();
}

async function deleteObjects(transaction: DatabaseTransaction, place: AssetPlace): Promise<readonly string[]> {
  const rows = await transaction
    .deleteFrom('objects')
    .where('account_id', '=', place.accountId)
    .where('asset_id', '=', place.assetId)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

async function replaceObject(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  object: SealedObject,
  now: Date,
): Promise<readonly string[]> {
  const replacedObjectIds = await deleteObjects(transaction, place);
  await insertObject(transaction, place, object, now);
  return replacedObjectIds;
}

type AssetRow = {
  id: string;
  project_id: string;
  type: string;
  name: string;
  description: string;
  created_at: Date;
  updated_at: Date;
  created_by_name: string | null;
  sealed_size_bytes: number | null;
};

function asAsset(row: AssetRow): Asset {
  return {
    id: row.id,
    projectId: row.project_id,
    type: row.type,
    name: row.name,
    description: row.description,
    sizeBytes: Number(row.sealed_size_bytes ?? 0),
    createdAt: row.created_at,
    createdBy: row.created_by_name ?? '',
    updatedAt: row.updated_at,
  };
}

type ObjectRow = {
  id: string;
  purpose: string;
  project_key_id: string;
  wrapped_key: Buffer;
  sealed_size_bytes: number;
  sealed_sha256: Buffer;
};

function asSealedObject(row: ObjectRow): SealedObject {
  return {
    objectId: row.id,
    purpose: row.purpose,
    projectKeyId: row.project_key_id,
    wrappedKey: row.wrapped_key,
    sealedSizeBytes: Number(row.sealed_size_bytes),
    sealedSha256: row.sealed_sha256,
  };
}

/** Takes their meaning from the characters that LIKE gives one. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

function isForeignKeyViolation(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && current.code === FOREIGN_KEY_VIOLATION) return true;
  }
  return false;
}
