import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, systemClock } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { addTestAccount, addTestMember } from '../projects/testing.ts';
import { type AssetListQuery, type AssetSort, assetSorts, sortOrders } from './asset-list-store.ts';
import type { PersonScope } from './asset-store.ts';
import { createSqlAssetListStore } from './sql-asset-list-store.ts';

const ASSETS = 5000;
const PAGE = 50;
const indexes: Readonly<Record<AssetSort, string>> = {
  updated: 'assets_by_project',
  created: 'assets_by_creation',
  name: 'assets_by_name',
  size: 'assets_by_size',
};

describe('a list in a project of many assets, with the policies on,', () => {
  let database: TestDatabase;
  let scope: PersonScope;

  beforeAll(async () => {
    database = await createTestDatabase();
    const accountId = await addTestAccount(database);
    const { userId } = await addTestMember(database, accountId);
    scope = { accountId, projectId: newId(), userId };
    await database.ownerQuery(
      'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
      [scope.projectId, accountId, 'P', userId],
    );
    await database.ownerQuery("insert into project_members values ($1, $2, $3, 'viewer', now())", [
      accountId,
      scope.projectId,
      userId,
    ]);
    await database.ownerQuery(
      `insert into assets (id, account_id, project_id, type, name, tags, created_by, created_at, updated_at, size_bytes)
        select gen_random_uuid(), $1, $2, 'type ' || n % 2, md5(n::text), '{}', (array[$3, $5]::uuid[])[1 + n % 2], now() - n * interval '1 minute',
          now() - (n * 7919 % 5000) * interval '1 second', n * 7907 % 5000
        from generate_series(1, $4::int) as n`,
      [accountId, scope.projectId, userId, ASSETS, newId()],
    );
    await database.ownerQuery('vacuum analyze assets');
  });
  afterAll(() => database.close());

  /** How many entries of an index were read for a list. */
  function entriesReadFor(query: AssetListQuery, index: string): Promise<number> {
    return database.inAccount({ accountId: scope.accountId, userId: scope.userId }, async (transaction) => {
      const count = async () => {
        const read = sql<{ read: number }>`select pg_stat_get_xact_tuples_returned(${index}::regclass)::int as read`;
        return (await read.execute(transaction)).rows[0]?.read ?? 0;
      };
      const before = await count();
      expect(await createSqlAssetListStore(database, systemClock).list(scope, query)).toHaveLength(PAGE);
      return (await count()) - before;
    });
  }

  it('reads no more of the index of its order than the page, wherever the page is', async () => {
    for (const sort of assetSorts) {
      for (const order of sortOrders) {
        const first = { sort, order, limit: PAGE } as const;
        expect(await entriesReadFor(first, indexes[sort]), `${sort} ${order}`).toBe(PAGE);
        const before = await createSqlAssetListStore(database, systemClock).list(scope, {
          ...first,
          limit: ASSETS / 2,
        });
        const after = before.at(-1)?.position ?? expect.fail('there is no middle');
        const next = await entriesReadFor({ ...first, after }, indexes[sort]);
        expect(next, `${sort} ${order}, from the middle`).toBe(PAGE);
      }
    }
  });

  it('of one type or one person reads no more of its index than the page', async () => {
    const newest = { sort: 'updated', order: 'descending', limit: PAGE } as const;
    expect(await entriesReadFor({ ...newest, type: 'type 1' }, 'assets_by_type')).toBe(PAGE);
    const colleague = (await createSqlAssetListStore(database, systemClock).list(scope, newest)).map(
      ({ asset }) => asset,
    );
    const createdByUserId = colleague.find((asset) => asset.createdByUserId !== scope.userId)?.createdByUserId;
    expect(await entriesReadFor({ ...newest, createdByUserId: createdByUserId ?? '' }, 'assets_by_creator')).toBe(PAGE);
  });
});
