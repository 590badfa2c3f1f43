import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { newId, silentLogger, systemClock } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { createEgress } from '../egress/index.ts';
import { createKeys } from './create-keys.ts';
import type { KeyBindings, KeyScope } from './key-binding.ts';
import { keyStoreConformance } from './key-store.conformance.ts';
import type { ProjectScope } from './key-store.ts';
import { createSqlKeyBindingStore } from './sql-key-binding-store.ts';
import { createSqlKeyStore } from './sql-key-store.ts';

async function newProject(database: TestDatabase, inAccount?: string): Promise<ProjectScope> {
  const [accountId, projectId] = [inAccount ?? newId(), newId()];
  if (inAccount === undefined)
    await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [accountId, 'A']);
  await database.ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
    [projectId, accountId, 'P', newId()],
  );
  return { accountId, projectId };
}

async function managerOf(database: TestDatabase, { accountId, projectId }: KeyScope): Promise<string> {
  const userId = newId();
  await database.ownerQuery(
    `insert into users (id, account_id, kind, email, name, role, created_at)
     values ($1, $2, 'person', $3, 'Ada', $4, now())`,
    [userId, accountId, `${userId}@example.org`, projectId === undefined ? 'administrator' : 'member'],
  );
  if (projectId !== undefined)
    await database.ownerQuery(
      "insert into project_members (account_id, project_id, user_id, role, created_at) values ($1, $2, $3, 'admin', now())",
      [accountId, projectId, userId],
    );
  return userId;
}

keyStoreConformance('SQL', async () => {
  const database = await createTestDatabase();
  const bindings = createSqlKeyBindingStore(database);
  return {
    store: createSqlKeyStore(database),
    newProject: (accountId) => newProject(database, accountId),
    managerOf: (scope) => managerOf(database, scope),
    decide: (scope, state, userId) => bindings.put(scope, { state, changedAt: new Date() }, userId),
    bind: (scope, wrappingKey, userId) =>
      bindings.put(scope, { state: 'enabled', wrappingKey, changedAt: new Date() }, userId),
    close: () => database.close(),
  };
});

describe('destroying keys in SQL', () => {
  it('takes the rows of what they sealed with them, of whoever they are, and is for whoever manages the key', async () => {
    const database = await createTestDatabase();
    try {
      const store = createSqlKeyStore(database);
      const scope = await newProject(database);
      const wrappedAt = new Date();
      const key = { id: newId(), ...scope, wrappingKeyId: 'memory:one', wrappedKey: randomBytes(61) };
      await store.insert({ ...key, createdAt: wrappedAt, wrappedAt }, () => true);
      const assetId = newId();
      await database.ownerQuery(
        `insert into assets (id, account_id, project_id, type, name, description, created_by, created_at, updated_at, sealed_size_bytes)
         values ($1, $2, $3, 'prompt-template', 'Kept', '', $4, now(), now(), 1)`,
        [assetId, scope.accountId, scope.projectId, newId()],
      );
      for (const of of [assetId, null])
        await database.ownerQuery(
          `insert into objects (id, account_id, project_id, asset_id, purpose, stored_as, project_key_id, wrapped_key, sealed_size_bytes, sealed_sha256, created_at)
           values ($1, $2, $3, $4, 'test', $5, $6, '', 1, '', now())`,
          [newId(), scope.accountId, scope.projectId, of, newId(), key.id],
        );
      const stranger = await managerOf(database, await newProject(database, scope.accountId));
      const account = { accountId: scope.accountId };
      for (const of of [scope, account])
        await expect(store.destroy(of, stranger)).rejects.toMatchObject({ code: 'permission-denied' });
      // Somebody who sees none of these objects.
      const administrator = await managerOf(database, account);
      expect(await store.destroy(account, administrator)).toEqual({ projects: 1 });
      expect(await database.ownerQuery('select id from objects', [])).toEqual([]);
      expect(await database.ownerQuery('select id from assets', [])).toEqual([{ id: assetId }]);
    } finally {
      await database.close();
    }
  });
});

describe('a new key in SQL', () => {
  it('never waits in a circle with the destruction of the project’s keys', async () => {
    const database = await createTestDatabase();
    try {
      const scope = await newProject(database);
      const userId = await managerOf(database, scope);
      const [locked, isWaiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const destruction = database.inAccount({ ...scope, userId }, async (transaction) => {
        // As the receipt's digests lock it.
        await sql`select from projects where id = ${scope.projectId} for update`.execute(transaction);
        locked.resolve();
        await isWaiting.promise;
        return createSqlKeyStore(database).destroy(scope, userId);
      });
      await locked.promise;
      const at = new Date();
      const key = { id: newId(), ...scope, wrappingKeyId: 'memory:one', wrappedKey: randomBytes(61) };
      const insertion = createSqlKeyStore(database).insert({ ...key, createdAt: at, wrappedAt: at }, () => true);
      await vi.waitFor(
        async () => expect(await database.ownerQuery('select from pg_locks where not granted')).not.toEqual([]),
        { timeout: 20_000 },
      );
      isWaiting.resolve();
      expect(await destruction).toEqual({ projects: 0 });
      expect(await insertion).toBe(true);
    } finally {
      await database.close();
    }
  });
});

describe('keeping a wrapping in SQL', () => {
  it('waits for whoever binds another key, and then goes by that', async () => {
    const database = await createTestDatabase();
    try {
      const [store, bindings] = [createSqlKeyStore(database), createSqlKeyBindingStore(database)];
      const scope = await newProject(database);
      const [userId, at] = [await managerOf(database, scope), new Date()];
      const isUnbound = ({ project }: KeyBindings) => project?.wrappingKey === undefined;
      const times = { createdAt: at, wrappedAt: at };
      const newRecord = () => ({
        id: newId(),
        ...scope,
        wrappingKeyId: 'memory:one',
        wrappedKey: randomBytes(61),
        ...times,
      });
      const record = newRecord();
      expect(await store.insert(record, isUnbound)).toBe(true);
      const [locked, isWaiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const binding = database.inAccount({ accountId: scope.accountId, userId }, async () => {
        await bindings.lock(scope, userId);
        locked.resolve();
        await isWaiting.promise;
        const wrappingKey = { providerId: 'memory', keyId: 'two' };
        await bindings.put(scope, { state: 'enabled', wrappingKey, changedAt: at }, userId);
      });
      await locked.promise;
      const attempts = [
        store.insert(newRecord(), isUnbound),
        store.replaceWrapped(record, { ...record, wrappedKey: randomBytes(61) }, isUnbound),
      ];
      await vi.waitFor(
        async () => expect(await database.ownerQuery('select from pg_locks where not granted')).toHaveLength(2),
        { timeout: 20_000 },
      );
      isWaiting.resolve();
      await binding;
      expect(await Promise.all(attempts)).toEqual([false, false]);
      expect((await store.list(scope)).map(({ wrappedKey }) => wrappedKey)).toEqual([record.wrappedKey]);
    } finally {
      await database.close();
    }
  });
});

describe('the keys room on a database', () => {
  it('refuses a key for a project that is not there', async () => {
    await withKeys(async ({ keys, database }) => {
      const { accountId } = await newProject(database);
      const gone = { accountId, projectId: newId() };
      await expect(keys.service.createProjectKey(gone)).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  it('makes a root key for a new deployment and never again after it was set up', async () => {
    await withKeys(async ({ database, path, open }) => {
      await rm(path);
      await (await open()).close();
      await rm(path);
      await database.ownerQuery('update deployment set set_up_at = now()');
      await expect(open()).rejects.toThrow(/is missing.*No new key was made/);
      await database.ownerQuery('update deployment set set_up_at = null');
      await database.ownerQuery(
        "insert into signing_keys (id, public_jwk, wrapped_private_key, created_at) values ($1, '{}', '', now())",
        [newId()],
      );
      await expect(open()).rejects.toThrow(/is missing/);
    });
  });

  it('opens after a restart what was wrapped before', async () => {
    await withKeys(async ({ keys, database, open }) => {
      const scope = { ...(await newProject(database)), objectId: newId(), purpose: 'test' };
      const made = await keys.service.newObjectKey(scope);
      const secret = await keys.secretWrapper.wrap(Buffer.from('signing key'), { purpose: 'signing-key' });
      await keys.close();
      const again = await open();
      expect((await again.service.openObjectKey(scope, made)).copyBytes()).toEqual(made.key.copyBytes());
      const opened = await again.secretWrapper.unwrap(secret, { purpose: 'signing-key' });
      expect(Buffer.from(opened).toString()).toBe('signing key');
      await expect(again.secretWrapper.unwrap(secret, { purpose: 'other' })).rejects.toMatchObject({
        details: { reason: 'sealed-data-not-readable' },
      });
      await again.close();
    });
  });
});

async function withKeys(
  work: (setting: {
    database: TestDatabase;
    path: string;
    open: () => ReturnType<typeof createKeys>;
    keys: Awaited<ReturnType<typeof createKeys>>;
  }) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'cloister-keys-'));
  const path = join(folder, 'root.key');
  const egress = createEgress({ allow: [], logger: silentLogger });
  const open = () =>
    createKeys({ config: { url: `local:${path}` }, database, egress, clock: systemClock, logger: silentLogger });
  try {
    await work({ database, path, open, keys: await open() });
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
