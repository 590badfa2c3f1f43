import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow, type TenantScope } from '../database/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { PersonScope } from './asset-store.ts';
import type { BucketObject, BucketObjectQuery, BucketObjectStore } from './bucket-object-store.ts';
import {
  contentColumns,
  insertSegments,
  keepProject,
  loadSealedObject,
  objectsOf,
  storedIdsOfRows,
} from './object-rows.ts';

/** Keeps objects in the tables `objects` and `object_segments`. */
export function createSqlBucketObjectStore(database: Database): BucketObjectStore {
  return {
    list(scope: PersonScope, { limit, after }: BucketObjectQuery) {
      return database.inAccount(personOf(scope), async (transaction) => {
        let select = objectsOf(transaction, scope).selectAll();
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
            group by 1 order by 1`.execute(transaction);
        const { assets } = await transaction
          .selectFrom('assets')
          .select(sql<number>`count(*)::int`.as('assets'))
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .executeTakeFirstOrThrow();
        return { assets, byType: byType.rows };
      });
    },

    find(scope: PersonScope, objectId: string) {
      return database.inAccount(personOf(scope), async (transaction) => {
        const row = await objectsOf(transaction, scope).selectAll().where('id', '=', objectId).executeTakeFirst();
        if (row === undefined) return undefined;
        return { ...asObject(row), sealed: await loadSealedObject(transaction, scope, row) };
      });
    },

    async put(scope: PersonScope, objectId: string, sealed: SealedObject, { now, mustExist }) {
      try {
        return await database.inAccount(personOf(scope), async (transaction) => {
          await keepProject(transaction, scope);
          await followObject(transaction, scope, objectId, sealed, now);
          const replaced = await replace(transaction, scope, objectId, sealed, now);
          if (replaced !== undefined) return replaced;
          if (mustExist) throw notFound('object', objectId);
          const added = await add(transaction, scope, objectId, sealed, now);
          if (added !== undefined) return added;
          // Somebody has just put one under the same id.
          const again = await replace(transaction, scope, objectId, sealed, now);
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
        const storedIds = await lockStoredIds(transaction, scope, objectId);
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

/** Locks the asset that the object belongs to, and tells it size and time; see `0013-asset-lists.sql`. */
export async function followObject(
  transaction: DatabaseTransaction,
  { projectId }: PersonScope,
  objectId: string,
  sealed: SealedObject | undefined,
  now: Date,
): Promise<void> {
  const [sizeBytes, sealedSizeBytes] = [sealed?.sizeBytes ?? null, sealed?.sealedSizeBytes ?? 0];
  await sql`select follow_object(${projectId}, ${objectId}, ${sizeBytes}, ${sealedSizeBytes}, ${now})`.execute(
    transaction,
  );
}

/** Locks the object against whoever else changes it. @returns the ids in the bucket of its bytes; undefined when there is none to change */
async function lockStoredIds(
  transaction: DatabaseTransaction,
  scope: PersonScope,
  objectId: string,
): Promise<readonly string[] | undefined> {
  const row = await objectsOf(transaction, scope)
    .select('stored_as')
    .where('id', '=', objectId)
    .forUpdate()
    .executeTakeFirst();
  return row && storedIdsOfRows(transaction, scope, [row.stored_as]);
}

async function replace(
  transaction: DatabaseTransaction,
  scope: PersonScope,
  objectId: string,
  sealed: SealedObject,
  now: Date,
): Promise<{ readonly object: BucketObject; readonly replacedObjectIds: readonly string[] } | undefined> {
  const replacedObjectIds = await lockStoredIds(transaction, scope, objectId);
  if (replacedObjectIds === undefined) return undefined;
  const row = await transaction
    .updateTable('objects')
    .set(contentColumns(sealed, now))
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
      ...contentColumns(sealed, now),
    })
    .onConflict((conflict) => conflict.columns(['project_id', 'id']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await insertSegments(transaction, scope, sealed.objectId, sealed.segments);
  return { object: asObject(row), replacedObjectIds: [] };
}

type Row = { id: string; asset_id: string | null; sealed_size_bytes: number; created_at: Date };

function asObject(row: Row): BucketObject {
  return {
    objectId: row.id,
    sealedSizeBytes: row.sealed_size_bytes,
    createdAt: row.created_at,
    ...(row.asset_id === null ? {} : { assetId: row.asset_id }),
  };
}
