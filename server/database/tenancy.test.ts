import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { withClient } from './create-database.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

/** Tables that hold no tenant's data. Everything else must be walled off. */
const DEPLOYMENT_TABLES = ['deployment', 'migrations', 'signing_keys'];

let database: TestDatabase;
const [accountA, accountB, userA] = [newId(), newId(), newId()];

beforeAll(async () => {
  database = await createTestDatabase();
  const now = new Date();
  for (const accountId of [accountA, accountB]) {
    await database.inAccount({ accountId }, (transaction) =>
      transaction
        .insertInto('accounts')
        .values({ id: accountId, name: `Account ${accountId}`, created_at: now })
        .execute(),
    );
  }
  await database.inAccount({ accountId: accountA, userId: userA }, async (transaction) => {
    await transaction
      .insertInto('users')
      .values({ id: userA, email: 'ada@example.org', name: 'Ada', password_hash: 'x', created_at: now })
      .execute();
    await transaction
      .insertInto('api_keys')
      .values({
        id: newId(),
        account_id: accountA,
        user_id: userA,
        name: 'k',
        prefix: 'cl_',
        key_hash: 'hash-of-a',
        created_at: now,
        last_used_at: null,
      })
      .execute();
  });
});
afterAll(() => database?.close());

describe('the walls between tenants', () => {
  it('stand on every table that holds tenants’ data', async () => {
    const rows = await database.ownerQuery<{ name: string; forced: boolean; policies: number }>(
      `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
         (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')`,
    );
    expect(rows.length).toBeGreaterThan(8);
    const open = rows.filter(
      ({ name, forced, policies }) => !DEPLOYMENT_TABLES.includes(name) && !(forced && policies > 0),
    );
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it('show nothing to a query without a tenant', async () => {
    const counts = await database.inDeployment(async (transaction) => ({
      accounts: await transaction.selectFrom('accounts').selectAll().execute(),
      users: await transaction.selectFrom('users').selectAll().execute(),
      apiKeys: await transaction.selectFrom('api_keys').selectAll().execute(),
    }));
    expect(counts).toEqual({ accounts: [], users: [], apiKeys: [] });
  });

  it('show one account to the other as if it did not exist', async () => {
    const seen = await database.inAccount({ accountId: accountB }, async (transaction) => ({
      accounts: (await transaction.selectFrom('accounts').select('id').execute()).map(({ id }) => id),
      users: await transaction.selectFrom('users').selectAll().execute(),
    }));
    expect(seen).toEqual({ accounts: [accountB], users: [] });
  });

  it('refuse a row that is written for another account', async () => {
    const write = database.inAccount({ accountId: accountB }, (transaction) =>
      transaction
        .insertInto('projects')
        .values({
          id: newId(),
          account_id: accountA,
          name: 'mine now',
          created_by: userA,
          created_at: new Date(),
          description: '',
        })
        .execute(),
    );
    await expect(write).rejects.toThrow();
    const moved = await database.inAccount({ accountId: accountB }, (transaction) =>
      transaction.updateTable('api_keys').set({ account_id: accountB }).executeTakeFirst(),
    );
    expect(moved.numUpdatedRows).toBe(0n);
  });

  it('open one row to whoever presents its credential, and no other', async () => {
    const found = await database.withPresented('hash-of-a', (transaction) =>
      transaction.selectFrom('api_keys').select('account_id').execute(),
    );
    expect(found).toEqual([{ account_id: accountA }]);
    expect(
      await database.withPresented('hash-of-b', (transaction) =>
        transaction.selectFrom('api_keys').selectAll().execute(),
      ),
    ).toEqual([]);
    const byEmail = await database.withPresented('ada@example.org', (transaction) =>
      transaction.selectFrom('users').select('id').execute(),
    );
    expect(byEmail).toEqual([{ id: userA }]);
  });

  it('leave nothing of a tenant on a connection for the next transaction', async () => {
    for (let time = 0; time < 30; time += 1) {
      await database.inAccount({ accountId: accountA }, (transaction) =>
        transaction.selectFrom('accounts').selectAll().execute(),
      );
      expect(
        await database.inDeployment((transaction) => transaction.selectFrom('accounts').selectAll().execute()),
      ).toEqual([]);
    }
  });

  it('cannot be torn down by the role that the server signs in as', async () => {
    await withClient(database.connection, async (client) => {
      for (const attempt of [
        'alter table accounts disable row level security',
        'alter table accounts no force row level security',
        'drop policy own_account on accounts',
        'set role cloister_owner',
        'set role postgres',
        'create table leak (content text)',
        'alter role cloister_server bypassrls',
        "insert into migrations values ('x', 'y')",
        'truncate accounts',
      ]) {
        await expect(client.query(attempt), attempt).rejects.toThrow(/permission denied|must be (owner|able)|denied/);
      }
    });
  });
});
