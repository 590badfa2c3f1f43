import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { withClient } from './create-database.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

/** Tables that hold no tenant's data. Everything else must be walled off. */
const DEPLOYMENT_TABLES = ['deployment', 'migrations', 'signing_keys'];

let database: TestDatabase;
const [accountA, accountB, userA] = [newId(), newId(), newId()];
const now = new Date('2026-05-01T12:00:00Z');

beforeAll(async () => {
  database = await createTestDatabase();
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
      .values(person(userA, 'owner', 'ada@example.org'))
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
        created_by: userA,
        last_used_at: null,
        expires_at: null,
        scope_project_id: null,
        scope_model_ids: null,
        scope_inference_only: false,
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

describe('the walls inside an account', () => {
  const [editor, viewer, reader, outsider] = [newId(), newId(), newId(), newId()];
  const [projectId, projectKeyId, assetId, objectId] = [newId(), newId(), newId(), newId()];

  beforeAll(async () => {
    await database.inAccount({ accountId: accountA }, async (transaction) => {
      for (const [index, id] of [editor, viewer, reader, outsider].entries())
        await transaction
          .insertInto('users')
          .values(person(id, 'member', `colleague-${index}@example.org`))
          .execute();
      const inProject = { account_id: accountA, project_id: projectId, created_at: now };
      await transaction
        .insertInto('projects')
        .values({ id: projectId, account_id: accountA, name: 'P', description: '', created_by: userA, created_at: now })
        .execute();
      const roles = { [userA]: 'admin', [editor]: 'editor', [viewer]: 'viewer' } as const;
      for (const [user_id, role] of Object.entries(roles))
        await transaction
          .insertInto('project_members')
          .values({ ...inProject, user_id, role })
          .execute();
      await transaction
        .insertInto('bucket_grants')
        .values({ ...inProject, user_id: reader, access: 'reader', created_by: userA })
        .execute();
      await transaction
        .insertInto('project_keys')
        .values({
          ...inProject,
          id: projectKeyId,
          wrapping_key_id: 'w',
          wrapped_key: Buffer.from('k'),
          wrapped_at: inProject.created_at,
        })
        .execute();
      await transaction
        .insertInto('assets')
        .values({
          ...inProject,
          id: assetId,
          type: 'prompt-template',
          name: 'A',
          description: '',
          created_by: userA,
          updated_at: now,
          sealed_size_bytes: 1,
        })
        .execute();
      await transaction
        .insertInto('objects')
        .values({
          ...inProject,
          id: objectId,
          asset_id: assetId,
          stored_as: objectId,
          purpose: 'content',
          project_key_id: projectKeyId,
          wrapped_key: Buffer.from('k'),
          sealed_size_bytes: 1,
          sealed_sha256: Buffer.from('h'),
        })
        .execute();
    });
  });

  function seenBy(userId?: string) {
    const scope = userId === undefined ? { accountId: accountA } : { accountId: accountA, userId };
    return database.inAccount(scope, async (transaction) => ({
      projects: (await transaction.selectFrom('projects').select('id').execute()).length,
      assets: (await transaction.selectFrom('assets').select('id').execute()).length,
      objects: (await transaction.selectFrom('objects').select('id').execute()).length,
    }));
  }

  it('show a Viewer that an asset exists, and not the row with its key', async () => {
    expect(await seenBy(viewer)).toEqual({ projects: 1, assets: 1, objects: 0 });
  });

  it('show an Editor and an Admin both', async () => {
    for (const userId of [editor, userA]) expect(await seenBy(userId)).toEqual({ projects: 1, assets: 1, objects: 1 });
  });

  it('show somebody who was granted the bucket its objects, and no asset', async () => {
    expect(await seenBy(reader)).toEqual({ projects: 1, assets: 0, objects: 1 });
  });

  it('show a colleague outside the project nothing of it, and the house everything', async () => {
    expect(await seenBy(outsider)).toEqual({ projects: 0, assets: 0, objects: 0 });
    expect(await seenBy(newId())).toEqual({ projects: 0, assets: 0, objects: 0 });
    expect(await seenBy()).toEqual({ projects: 1, assets: 1, objects: 1 });
  });

  it('let a Viewer, a bucket reader and a colleague change nothing', async () => {
    for (const userId of [viewer, reader, outsider]) {
      const changed = await database.inAccount({ accountId: accountA, userId }, async (transaction) => [
        await transaction.updateTable('assets').set({ name: 'mine now' }).executeTakeFirst(),
        await transaction
          .updateTable('objects')
          .set({ wrapped_key: Buffer.from('x') })
          .executeTakeFirst(),
        await transaction.updateTable('project_members').set({ role: 'admin' }).executeTakeFirst(),
        await transaction.updateTable('bucket_grants').set({ access: 'writer' }).executeTakeFirst(),
      ]);
      expect(changed.map(({ numUpdatedRows }) => numUpdatedRows)).toEqual([0n, 0n, 0n, 0n]);
      const joining = database.inAccount({ accountId: accountA, userId }, (transaction) =>
        transaction
          .insertInto('project_members')
          .values({ account_id: accountA, project_id: projectId, user_id: outsider, role: 'admin', created_at: now })
          .execute(),
      );
      await expect(joining).rejects.toMatchObject({ code: 'permission-denied' });
    }
  });

  it('never lose the last owner of an account, nor the last Admin of a project', async () => {
    const demotion = database.inAccount({ accountId: accountA }, (transaction) =>
      transaction.updateTable('project_members').set({ role: 'viewer' }).where('user_id', '=', userA).execute(),
    );
    await expect(demotion).rejects.toMatchObject({ details: { reason: 'last-project-admin' } });
    const removal = database.inAccount({ accountId: accountA }, (transaction) =>
      transaction.deleteFrom('users').where('id', '=', userA).execute(),
    );
    await expect(removal).rejects.toMatchObject({ code: 'failed-precondition' });
    await database.inAccount({ accountId: accountA }, (transaction) =>
      transaction
        .insertInto('users')
        .values(person(newId(), 'owner', 'second@example.org'))
        .execute(),
    );
    const further = database.inAccount({ accountId: accountA }, (transaction) =>
      transaction.deleteFrom('users').where('id', '=', userA).execute(),
    );
    await expect(further).rejects.toMatchObject({ details: { reason: 'last-project-admin' } });
  });
});

function person(id: string, role: 'owner' | 'member', email: string) {
  return {
    id,
    account_id: accountA,
    kind: 'person' as const,
    email,
    name: 'Ada',
    role,
    password_hash: 'x',
    password_changed_at: now,
    suspended_at: null,
    created_at: now,
  };
}
