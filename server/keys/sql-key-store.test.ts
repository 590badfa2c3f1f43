import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newId, silentLogger, systemClock } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { createKeys } from './create-keys.ts';
import { keyStoreConformance } from './key-store.conformance.ts';
import type { ProjectScope } from './key-store.ts';
import { createSqlKeyStore } from './sql-key-store.ts';

async function newProject(database: TestDatabase): Promise<ProjectScope> {
  const [accountId, projectId] = [newId(), newId()];
  await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [accountId, 'A']);
  await database.ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
    [projectId, accountId, 'P', newId()],
  );
  return { accountId, projectId };
}

keyStoreConformance('SQL', async () => {
  const database = await createTestDatabase();
  return {
    store: createSqlKeyStore(database),
    newProject: () => newProject(database),
    close: () => database.close(),
  };
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
  const open = () =>
    createKeys({ config: { url: `local:${path}` }, database, clock: systemClock, logger: silentLogger });
  try {
    await work({ database, path, open, keys: await open() });
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
