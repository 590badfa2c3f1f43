import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, Secret, silentLogger, systemClock } from '../core/index.ts';
import { createDatabase } from './create-database.ts';
import type { Database } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

/** A PostgreSQL that somebody else runs; each test makes a database of its own on it. */
describe('a PostgreSQL that DATABASE_URL names', () => {
  let cluster: TestDatabase;
  const opened: Database[] = [];

  beforeAll(async () => {
    cluster = await createTestDatabase();
    await cluster.ownerQuery("create role app_owner login password 'owner words'");
    await cluster.ownerQuery("create role app_server login password 'server words'");
    await cluster.ownerQuery("create role app_bypass login bypassrls password 'bypass words'");
    await cluster.ownerQuery("create role app_super login superuser password 'super words'");
  });
  afterAll(async () => {
    for (const database of opened) await database.close();
    await cluster?.close();
  });

  async function emptyDatabase(): Promise<string> {
    const name = `by_url_${newId().replaceAll('-', '')}`;
    await cluster.ownerQuery(`create database ${name} owner app_owner`);
    return name;
  }

  function urlOf(role: string, database: string, password = `${role.replace('app_', '')} words`): Secret {
    const host = encodeURIComponent(String(cluster.connection.host));
    return new Secret(`postgres://${role}:${encodeURIComponent(password)}@/${database}?host=${host}`);
  }

  async function open(url: Secret, ownerUrl?: Secret): Promise<Database> {
    const database = await createDatabase({
      config: ownerUrl === undefined ? { url } : { url, ownerUrl },
      dataDirectory: '/nowhere',
      runDirectory: '/nowhere',
      logger: silentLogger,
      clock: systemClock,
    });
    opened.push(database);
    return database;
  }

  const accountsSeenFrom = (database: Database, accountId: string): Promise<number> =>
    database.inAccount(
      { accountId },
      async (transaction) => (await transaction.selectFrom('accounts').selectAll().execute()).length,
    );

  it('is brought forward by its owner, and keeps tenants apart from the role of the server', async () => {
    const name = await emptyDatabase();
    const database = await open(urlOf('app_server', name), urlOf('app_owner', name));
    const [mine, other] = [newId(), newId()];
    await database.inAccount({ accountId: mine }, (transaction) =>
      transaction.insertInto('accounts').values({ id: mine, name: 'Mine', created_at: new Date() }).execute(),
    );
    expect(await accountsSeenFrom(database, mine)).toBe(1);
    expect(await accountsSeenFrom(database, other)).toBe(0);
    await expect(
      database.inAccount({ accountId: other }, (transaction) =>
        transaction.insertInto('accounts').values({ id: mine, name: 'Theirs', created_at: new Date() }).execute(),
      ),
    ).rejects.toThrow();
    expect(database.processIds()).toEqual([]);
  });

  it('serves a second start without its owner, and two starts at once', async () => {
    const name = await emptyDatabase();
    await Promise.all([1, 2].map(() => open(urlOf('app_server', name), urlOf('app_owner', name))));
    const again = await open(urlOf('app_server', name));
    expect(await accountsSeenFrom(again, newId())).toBe(0);
  });

  it('is refused when it is outdated and no owner is named', async () => {
    await expect(open(urlOf('app_server', await emptyDatabase()))).rejects.toThrow(/DATABASE_OWNER_URL/);
  });

  for (const [role, fault] of [
    ['app_super', 'is a superuser'],
    ['app_bypass', 'bypasses row-level security'],
    ['app_owner', 'owns the tables'],
  ] as const) {
    it(`is refused for a role of the server that ${fault}`, async () => {
      const name = await emptyDatabase();
      const refusal = open(urlOf(role, name), urlOf('app_owner', name));
      await expect(refusal).rejects.toThrow(fault);
      await expect(refusal).rejects.toThrow('create role cloister_server');
    });
  }

  it('is told of in one sentence when the password is wrong, the database is missing, or nothing answers', async () => {
    const name = await emptyDatabase();
    await expect(open(urlOf('app_server', name, 'other words'))).rejects.toThrow(/refuses the user or the password/);
    await expect(open(urlOf('app_server', 'nowhere_at_all'))).rejects.toThrow(/does not exist/);
    const nobody = new Secret('postgres://app_server:secret@127.0.0.1:9/cloister');
    const refusal = open(nobody);
    await expect(refusal).rejects.toThrow(/cannot be reached/);
    await expect(refusal).rejects.not.toThrow(/secret/);
  });

  it('takes no name with a zero byte into its settings', async () => {
    const name = await emptyDatabase();
    const database = await open(urlOf('app_server', name), urlOf('app_owner', name));
    for (const value of ["x'; drop table accounts; --", '\\', "''", 'é "quoted" $1']) {
      const seen = await database.withPresented(value, (transaction) =>
        sql<{ value: string }>`select current_setting('cloister.presented') as value`.execute(transaction),
      );
      expect(seen.rows).toEqual([{ value }]);
    }
    await expect(database.withPresented('a\0b', async () => 'never')).rejects.toThrow(/not allowed/);
  });
});
