import { afterEach, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { identityStoreConformance } from './identity-store.conformance.ts';
import { MemoryIdentityStore } from './memory-identity-store.ts';
import { SqlIdentityStore } from './sql-identity-store.ts';

identityStoreConformance('memory', async () => new MemoryIdentityStore());

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});

identityStoreConformance('PostgreSQL', async () => {
  database = await createTestDatabase();
  return new SqlIdentityStore(database);
});

it('a key of somebody who is no longer a member of its account opens nothing', async () => {
  database = await createTestDatabase();
  const store = new SqlIdentityStore(database);
  const createdAt = new Date('2026-05-01T12:00:00Z');
  const account = { id: newId(), name: 'Hospital', createdAt };
  const owner = { id: newId(), email: 'ada@example.org', name: 'Ada', passwordHash: 'hash', createdAt };
  await store.createFirstAccount(account, owner);
  const apiKey = {
    id: newId(),
    accountId: account.id,
    userId: owner.id,
    name: 'k',
    prefix: 'cl_',
    keyHash: 'hash',
    createdAt,
  };
  await store.addApiKey({ ...apiKey, lastUsedAt: null });
  expect(await store.findApiKeyByHash('hash')).toMatchObject({ accountRole: 'owner' });
  await database.ownerQuery('delete from account_members');
  expect(await store.findApiKeyByHash('hash')).toBeUndefined();
});
