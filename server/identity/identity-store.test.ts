import { afterEach } from 'vitest';
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
