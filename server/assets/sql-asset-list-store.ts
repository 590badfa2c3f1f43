import { type SelectQueryBuilder, sql } from 'kysely';
import type { Clock } from '../core/index.ts';
import type { Database, DatabaseTransaction, Tables } from '../database/index.ts';
import type {
  AssetFilter,
  AssetListQuery,
  AssetListStore,
  AssetPosition,
  AssetSort,
  ListedAsset,
} from './asset-list-store.ts';
import type { PersonScope } from './asset-store.ts';
import { isThereAt } from './object-rows.ts';
import { type AssetRow, asAsset, assetColumns } from './sql-asset-store.ts';

/** For each order its column, which an index of `0013-asset-lists.sql` has, and the type of its values. */
const columns = {
  updated: { name: 'assets.updated_at', type: sql`timestamptz` },
  created: { name: 'assets.created_at', type: sql`timestamptz` },
  name: { name: 'assets.name_key', type: sql`text` },
  size: { name: 'assets.listed_size_bytes', type: sql`bigint` },
} as const;

/** Lists from the table `assets`. What the clock says has expired is not there. */
export function createSqlAssetListStore(database: Database, clock: Pick<Clock, 'now'>): AssetListStore {
  return {
    list(scope: PersonScope, query: AssetListQuery) {
      return database.inAccount(personOf(scope), async (transaction) => {
        await planForThisProject(transaction);
        const column = columns[query.sort].name;
        const direction = query.order === 'ascending' ? 'asc' : 'desc';
        let page = matching(transaction, scope, query, clock.now()).select(listedColumns);
        if (query.after !== undefined) page = page.where(isAfter(query, query.after));
        const ordered = page.orderBy(column, direction).orderBy('assets.id', direction).limit(query.limit);
        // The names of people come to the rows of the page alone.
        const rows = await withNamesOfPeople(transaction, ordered)
          .orderBy(column, direction)
          .orderBy('assets.id', direction)
          .execute();
        return rows.map((row) => asListed(row, query.sort));
      });
    },

    find(scope: PersonScope, ids: readonly string[], sort: AssetSort) {
      return database.inAccount(personOf(scope), async (transaction) => {
        const these = matching(transaction, scope, {}, clock.now())
          .select(listedColumns)
          .where('assets.id', 'in', [...ids]);
        const rows = await withNamesOfPeople(transaction, these).execute();
        return rows.map((row) => asListed(row, sort));
      });
    },

    count(scope: PersonScope, filter: AssetFilter, most: number) {
      return database.inAccount(personOf(scope), async (transaction) => {
        await planForThisProject(transaction);
        const counted = matching(transaction, scope, filter, clock.now()).select('assets.id').limit(most);
        const { found } = await transaction
          .selectFrom(counted.as('counted'))
          .select(sql<number>`count(*)::int`.as('found'))
          .executeTakeFirstOrThrow();
        return found;
      });
    },
  };
}

function personOf({ accountId, userId }: PersonScope): { readonly accountId: string; readonly userId: string } {
  return { accountId, userId };
}

/**
 * A plan for any project is one for the usual size, which in a project of very many assets reads and sorts them all. Making one for each
 * list takes less than a millisecond.
 */
async function planForThisProject(transaction: DatabaseTransaction): Promise<void> {
  await sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`.execute(transaction);
}

function matching(
  transaction: DatabaseTransaction,
  scope: PersonScope,
  { type, tag, createdByUserId, search }: AssetFilter,
  now: Date,
): SelectQueryBuilder<Tables, 'assets', object> {
  let select = transaction
    .selectFrom('assets')
    .where('assets.account_id', '=', scope.accountId)
    .where('assets.project_id', '=', scope.projectId)
    .where(isThereAt('assets', now));
  if (type !== undefined) select = select.where('assets.type', '=', type);
  if (createdByUserId !== undefined) select = select.where('assets.created_by', '=', createdByUserId);
  if (tag !== undefined) select = select.where(sql<boolean>`${tag} = any (assets.tags)`);
  if (search !== undefined) {
    select = select.where(sql<boolean>`strpos(assets.search_text, lower(${search})) > 0`);
  }
  return select;
}

const listedColumns = [...assetColumns, 'assets.name_key', 'assets.listed_size_bytes'] as const;

function withNamesOfPeople<T extends Pick<Tables['assets'], 'created_by'>>(
  transaction: DatabaseTransaction,
  rows: SelectQueryBuilder<Tables, 'assets', T>,
) {
  return transaction
    .selectFrom(rows.as('assets'))
    .leftJoin('users', 'users.id', 'assets.created_by')
    .selectAll('assets')
    .select('users.name as created_by_name');
}

/** One comparison of both, so that an index finds the place. */
function isAfter({ sort, order }: AssetListQuery, { value, id }: AssetPosition) {
  const { name, type } = columns[sort];
  const isBeyond = order === 'ascending' ? sql`>` : sql`<`;
  return sql<boolean>`(${sql.ref(name)}, assets.id) ${isBeyond} (${value}::${type}, ${id}::uuid)`;
}

type ListedRow = AssetRow & { readonly name_key: string; readonly listed_size_bytes: number };

function asListed(row: ListedRow, sort: AssetSort): ListedAsset {
  const values = {
    updated: row.updated_at.toISOString(),
    created: row.created_at.toISOString(),
    name: row.name_key,
    size: String(row.listed_size_bytes),
  };
  return { asset: asAsset(row), position: { value: values[sort], id: row.id } };
}
