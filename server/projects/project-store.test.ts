import { afterAll, beforeAll } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import { projectStoreConformance } from './project-store.conformance.ts';
import { SqlProjectStore } from './sql-project-store.ts';

projectStoreConformance('memory', async () => ({
  store: new MemoryProjectStore(),
  newMember: async () => ({ accountId: newId(), userId: newId() }),
  newColleague: async ({ accountId }) => ({ accountId, userId: newId() }),
}));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.close());

async function addUser(accountId: string): Promise<{ accountId: string; userId: string }> {
  const userId = newId();
  await database.ownerQuery(
    "insert into users (id, email, name, password_hash, created_at) values ($1, $2, 'x', 'x', now())",
    [userId, `${userId}@example.org`],
  );
  await database.ownerQuery(
    "insert into account_members (account_id, user_id, role, created_at) values ($1, $2, 'member', now())",
    [accountId, userId],
  );
  return { accountId, userId };
}

projectStoreConformance('PostgreSQL', async () => ({
  store: new SqlProjectStore(database),
  newMember: async () => {
    const accountId = newId();
    await database.ownerQuery("insert into accounts (id, name, created_at) values ($1, 'x', now())", [accountId]);
    return addUser(accountId);
  },
  newColleague: ({ accountId }) => addUser(accountId),
}));
