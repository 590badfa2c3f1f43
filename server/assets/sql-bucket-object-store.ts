import { sql } from 'kysely';
import { type Clock, notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow, type TenantScope } from '../database/index.ts';
import type { SealedObject } from '../storage/index.ts';
import { assetLocked } from './asset-conflicts.ts';
import type { PersonScope } from './asset-store.ts';
import type { BucketObject, BucketObjectQuery, BucketObjectStore } from './bucket-object-store.ts';
import {
  contentColumns,
  insertSegments,
  isThereAt,
  keepProject,
  loadSealedObject,
  objectsOf,
  storedIdsOfRows,
} from './object-rows.ts';

/** Keeps objects in the tables `objects` and `object_segments`. What the clock says has expired is not there. */
export function createSqlBucketObjectStore(database: Database, clock: Pick<Clock, 'now'>): BucketObjectStore {
  const objectsThere = (transaction: DatabaseTransaction, scope: PersonScope) =>
    objectsOf(transaction, scope).where(isThereAt('objects', clock.now()));

  return {
    list(scope: PersonScope, { limit, after }: BucketObjectQuery) {
      return database.inAccount(personOf(scope), async (transaction) => {
        let select = objectsThere(transaction, scope).selectAll();
        if (after !== undefined) {
          select = select.where((where) =>
            where.or([
              where('created_at', '<', after.at),
              where.and([where('created_at', '=', after.at), where('id', '>', after.id)]),
            ]),
          );
        }
        return (await select.orderBy('created_at', 'desc').orderBy('id').limit(limit).execute()).map(asObject);
      });
    },

    count(scope: PersonScope) {
      return database.inAccount(personOf(scope), async (transaction) => {
        const byType = await sql<{ type: string; objects: number; sealedBytes: number }>`
          select case when o.asset_id is null then 'object' else coalesce(a.type, 'asset') end as "type",
              count(*)::int as "objects", sum(o.sealed_size_bytes)::bigint as "sealedBytes"
            from objects o left join assets a on a.account_id = o.account_id and a.id = o.asset_id
            where o.account_id = ${scope.accountId} and o.project_id = ${scope.projectId}
              and (o.expires_at is null or o.expires_at > ${clock.now()})
            group by 1 order by 1`.execute(transaction);
        const { assets } = await transaction
          .selectFrom('assets')
          .select(sql<number>`count(*)::int`.as('assets'))
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .where(isThereAt('assets', clock.now()))
          .executeTakeFirstOrThrow();
        return { assets, byType: byType.rows };
      });
    },

    find(scope: PersonScope, objectId: string) {
      return database.inAccount(personOf(scope), async (transaction) => {
        const row = await objectsThere(transaction, scope).selectAll().where('id', '=', objectId).executeTakeFirst();
        if (row === undefined) return undefined;
        return { ...asObject(row), sealed: await loadSealedObject(transaction, scope, row) };
      });
    },

    async put(scope: PersonScope, objectId: string, sealed: SealedObject, { now, mustExist, partId }) {
      try {
        return await database.inAccount(personOf(scope), async (transaction) => {
          await keepProject(transaction, scope);
          await followObject(transaction, scope, objectId, sealed, now);
          const replaced = await replace(transaction, scope, { objectId, partId }, sealed, now);
          if (replaced !== undefined) return replaced;
          if (mustExist) throw notFound('object', objectId);
          const added = await add(transaction, scope, objectId, sealed, now);
          if (added !== undefined) return added;
          // Somebody has just put one under the same id.
          const again = await replace(transaction, scope, { objectId, partId }, sealed, now);
          if (again === undefined) throw notFound('object', objectId);
          return again;
        });
      } catch (error) {
        if (isRefusedRow(error)) throw notFound('project', scope.projectId);
        throw error;
      }
    },

    delete(scope: PersonScope, objectId: string, now: Date) {
      return database.inAccount(personOf(scope), async (transaction) => {
        await followObject(transaction, scope, objectId, undefined, now);
        const storedIds = await lockStoredIds(transaction, scope, objectId, { now: clock.now() });
        // Thrown, so that what the asset was told goes too.
        if (storedIds === undefined) throw notFound('object', objectId);
        await transaction
          .deleteFrom('objects')
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .where('id', '=', objectId)
          .execute();
        return storedIds;
      });
    },
  };
}

function personOf({ accountId, userId }: PersonScope): TenantScope {
  return { accountId, userId };
}

/**
 * Locks the asset that the object belongs to, and tells it or its part size and time; see `0016-parts-of-assets.sql`.
 * @throws AppError `failed-precondition` (reason `asset-locked`) while somebody edits the asset whose content it is
 */
export async function followObject(
  transaction: DatabaseTransaction,
  { projectId }: PersonScope,
  objectId: string,
  sealed: SealedObject | undefined,
  now: Date,
): Promise<void> {
  const [sizeBytes, sealedSizeBytes] = [sealed?.sizeBytes ?? null, sealed?.sealedSizeBytes ?? 0];
  const following = sql<{ is_held: boolean }>`
    select follow_object(${projectId}, ${objectId}, ${sizeBytes}, ${sealedSizeBytes}, ${now}) as is_held`;
  if ((await following.execute(transaction)).rows[0]?.is_held) throw assetLocked();
}

/**
 * Locks the object against whoever else changes it.
 * @param wanted.partId where it is given, the object must be of this part, or of none
 * @returns the ids in the bucket of its bytes; undefined when there is none to change
 */
async function lockStoredIds(
  transaction: DatabaseTransaction,
  scope: PersonScope,
  objectId: string,
  wanted: { readonly now: Date; readonly partId?: string | undefined },
): Promise<readonly string[] | undefined> {
  let rows = objectsOf(transaction, scope)
    .select('stored_as')
    .where('id', '=', objectId)
    .where(isThereAt('objects', wanted.now));
  if ('partId' in wanted) rows = rows.where('part_id', 'is not distinct from', wanted.partId ?? null);
  const row = await rows.forUpdate().executeTakeFirst();
  return row && storedIdsOfRows(transaction, scope, [row.stored_as]);
}

async function replace(
  transaction: DatabaseTransaction,
  scope: PersonScope,
  { objectId, partId }: { readonly objectId: string; readonly partId: string | undefined },
  sealed: SealedObject,
  now: Date,
): Promise<{ readonly object: BucketObject; readonly replacedObjectIds: readonly string[] } | undefined> {
  const replacedObjectIds = await lockStoredIds(transaction, scope, objectId, { now, partId });
  if (replacedObjectIds === undefined) return undefined;
  const row = await transaction
    .updateTable('objects')
    .set(contentColumns(sealed, scope.userId, now))
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId)
    .where('id', '=', objectId)
    .returningAll()
    .executeTakeFirstOrThrow();
  await insertSegments(transaction, scope, sealed.objectId, sealed.segments);
  return { object: asObject(row), replacedObjectIds };
}

/** Undefined when the id is taken in this project. */
async function add(
  transaction: DatabaseTransaction,
  scope: PersonScope,
  objectId: string,
  sealed: SealedObject,
  now: Date,
): Promise<{ readonly object: BucketObject; readonly replacedObjectIds: readonly string[] } | undefined> {
  const row = await transaction
    .insertInto('objects')
    .values({
      id: objectId,
      account_id: scope.accountId,
      project_id: scope.projectId,
      asset_id: null,
      ...contentColumns(sealed, scope.userId, now),
    })
    .onConflict((conflict) => conflict.columns(['project_id', 'id']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await insertSegments(transaction, scope, sealed.objectId, sealed.segments);
  return { object: asObject(row), replacedObjectIds: [] };
}

type Row = {
  id: string;
  asset_id: string | null;
  part_id: string | null;
  sealed_size_bytes: number;
  created_at: Date;
};

function asObject(row: Row): BucketObject {
  return {
    objectId: row.id,
    sealedSizeBytes: row.sealed_size_bytes,
    createdAt: row.created_at,
    ...(row.asset_id === null ? {} : { assetId: row.asset_id }),
    ...(row.part_id === null ? {} : { partId: row.part_id }),
  };
}
