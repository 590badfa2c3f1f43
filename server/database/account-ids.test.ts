import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { listAccountIds } from './account-ids.ts';
import { withClient } from './create-database.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

describe('the list of all accounts', () => {
  let database: TestDatabase;
  const ids = [newId(), newId(), newId()];
  beforeAll(async () => {
    database = await createTestDatabase();
    for (const id of ids)
      await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [id, 'A']);
  });
  afterAll(() => database?.close());

  it('has their ids, though a query without a tenant sees none of them', async () => {
    expect(await listAccountIds(database)).toEqual(ids.toSorted());
    expect(
      await database.inDeployment((transaction) => transaction.selectFrom('accounts').select('id').execute()),
    ).toEqual([]);
  });

  it('opens no account to the server’s role, during it or afterwards', async () => {
    await withClient(database.connection, async (client) => {
      await client.query('begin');
      expect((await client.query('select account_ids()')).rowCount).toBe(3);
      expect((await client.query('select id from accounts')).rowCount).toBe(0);
      await client.query("select set_config('cloister.listing', 'on', true)");
      expect((await client.query('select id, name from accounts')).rowCount).toBe(0);
      await client.query('rollback');
    });
  });
});
