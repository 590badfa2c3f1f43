import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow } from '../database/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { Asset, AssetChange, AssetPlace, AssetStore, NewAsset, PersonScope, ProjectScope } from './asset-store.ts';
import {
  contentColumns,
  insertSegments,
  keepProject,
  loadSealedObject,
  objectsOf,
  segmentsOf,
  storedIdsOfRows,
} from './object-rows.ts';

/** Keeps assets in the tables `assets`, `objects` and `object_segments`. */
export function createSqlAssetStore(database: Database): AssetStore {
  return {
    async insert(scope: PersonScope, asset: NewAsset, now: Date) {
      try {
        return await database.inAccount(personOf(scope), async (transaction) => {
          // Keeps the project as `keepProject` does, by its reference to it, so it comes before the object.
          await transaction
            .insertInto('assets')
            .values({
              id: asset.id,
              account_id: scope.accountId,
              project_id: scope.projectId,
              type: asset.type,
              name: asset.name,
              description: asset.description,
              tags: [...(asset.tags ?? [])],
              media_type: asset.mediaType ?? '',
              created_by: asset.createdByUserId,
              created_at: now,
              updated_at: now,
              size_bytes: asset.object.sizeBytes ?? null,
              sealed_size_bytes: asset.object.sealedSizeBytes,
            })
            .execute();
          const place = { ...scope, assetId: asset.id };
          await insertObject(transaction, place, asset.object, now);
          const kept = await findAsset(transaction, place);
          if (kept === undefined) throw notFound('project', scope.projectId);
          return kept;
        });
      } catch (error) {
        if (isRefusedRow(error)) throw notFound('project', scope.projectId);
        throw error;
      }
    },

    find(place: AssetPlace) {
      return database.inAccount(personOf(place), (transaction) => findAsset(transaction, place));
    },

    findWithObject(place: AssetPlace) {
      return database.inAccount(personOf(place), async (transaction) => {
        const asset = await findAsset(transaction, place);
        if (asset === undefined) return undefined;
        const row = await objectsOf(transaction, place)
          .selectAll()
          .where('asset_id', '=', place.assetId)
          .orderBy('created_at', 'desc')
          .executeTakeFirst();
        return { asset, object: row === undefined ? undefined : await loadSealedObject(transaction, place, row) };
      });
    },

    update(place: AssetPlace, change: AssetChange, now: Date) {
      return database.inAccount(personOf(place), async (transaction) => {
        await keepProject(transaction, place);
        const { name, description, tags, object } = change;
        // The first statement locks the row, so saves of one asset come in a row: each takes the place of the one before it.
        const updated = await transaction
          .updateTable('assets')
          .set({
            updated_at: sql<Date>`greatest(updated_at, ${now})`,
            ...(name === undefined ? {} : { name }),
            ...(description === undefined ? {} : { description }),
            ...(tags === undefined ? {} : { tags: [...tags] }),
            ...(object === undefined
              ? {}
              : { size_bytes: object.sizeBytes ?? null, sealed_size_bytes: object.sealedSizeBytes }),
          })
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('id', '=', place.assetId)
          .returning('id')
          .executeTakeFirst();
        if (updated === undefined) return undefined;
        const replacedObjectIds = object === undefined ? [] : await replaceObject(transaction, place, object, now);
        const asset = await findAsset(transaction, place);
        return asset === undefined ? undefined : { asset, replacedObjectIds };
      });
    },

    delete(place: AssetPlace) {
      return database.inAccount(personOf(place), async (transaction) => {
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
        const ids = [...objectIds];
        const whole = await objectsOf(transaction, scope).select('stored_as').where('stored_as', 'in', ids).execute();
        const parts = await segmentsOf(transaction, scope)
          .select('segment_id')
          .where('segment_id', 'in', ids)
          .execute();
        return new Set([...whole.map((row) => row.stored_as), ...parts.map((row) => row.segment_id)]);
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

function personOf({ accountId, userId }: PersonScope): { readonly accountId: string; readonly userId: string } {
  return { accountId, userId };
}

/** The name of the person comes from a table of its own; they may be gone without the asset being lost. */
function selectAssets(transaction: DatabaseTransaction, scope: ProjectScope) {
  return transaction
    .selectFrom('assets')
    .leftJoin('users', 'users.id', 'assets.created_by')
    .select([...assetColumns, 'users.name as created_by_name'])
    .where('assets.account_id', '=', scope.accountId)
    .where('assets.project_id', '=', scope.projectId);
}

async function findAsset(transaction: DatabaseTransaction, place: AssetPlace): Promise<Asset | undefined> {
  const row = await selectAssets(transaction, place).where('assets.id', '=', place.assetId).executeTakeFirst();
  return row === undefined ? undefined : asAsset(row);
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
      ...contentColumns(object, now),
    })
    .execute();
  await insertSegments(transaction, place, object.objectId, object.segments);
}

/** Segments go with their object, by a trigger. @returns the ids in the bucket of the bytes that belong to nothing any more */
async function deleteObjects(transaction: DatabaseTransaction, place: AssetPlace): Promise<readonly string[]> {
  const rows = await objectsOf(transaction, place)
    .select('stored_as')
    .where('asset_id', '=', place.assetId)
    .forUpdate()
    .execute();
  const storedAs = rows.map((row) => row.stored_as);
  const storedIds = await storedIdsOfRows(transaction, place, storedAs);
  await transaction
    .deleteFrom('objects')
    .where('account_id', '=', place.accountId)
    .where('asset_id', '=', place.assetId)
    .execute();
  return storedIds;
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

/** What of a row of `assets` makes an {@link Asset}, besides the name of the person. */
export const assetColumns = [
  'assets.id',
  'assets.project_id',
  'assets.type',
  'assets.name',
  'assets.description',
  'assets.created_at',
  'assets.updated_at',
  'assets.created_by',
  'assets.tags',
  'assets.media_type',
  'assets.size_bytes',
  'assets.sealed_size_bytes',
] as const;

export type AssetRow = {
  id: string;
  project_id: string;
  type: string;
  name: string;
  description: string;
  created_at: Date;
  updated_at: Date;
  created_by: string;
  created_by_name: string | null;
  tags: string[];
  media_type: string;
  size_bytes: number | null;
  sealed_size_bytes: number;
};

export function asAsset(row: AssetRow): Asset {
  return {
    id: row.id,
    projectId: row.project_id,
    type: row.type,
    name: row.name,
    description: row.description,
    tags: row.tags,
    mediaType: row.media_type,
    ...(row.size_bytes === null ? {} : { sizeBytes: row.size_bytes }),
    sealedSizeBytes: row.sealed_size_bytes,
    createdAt: row.created_at,
    createdByUserId: row.created_by,
    createdBy: row.created_by_name ?? '',
    updatedAt: row.updated_at,
  };
}
