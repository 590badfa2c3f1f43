import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { bucketGrantStoreConformance } from './bucket-grant-store.conformance.ts';
import { collaboratorStoreConformance } from './collaborator-store.conformance.ts';
import { MemoryBucketGrantStore } from './memory-bucket-grant-store.ts';
import { MemoryCollaboratorStore } from './memory-collaborator-store.ts';
import { type MemoryMember, MemoryProjectRecords } from './memory-project-records.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import { type ProjectStoresHarness, projectStoreConformance } from './project-store.conformance.ts';
import { SqlBucketGrantStore } from './sql-bucket-grant-store.ts';
import { SqlCollaboratorStore } from './sql-collaborator-store.ts';
import { SqlProjectStore } from './sql-project-store.ts';
import { addTestAccount, addTestMember, type TestMember } from './testing.ts';

async function openMemory(): Promise<ProjectStoresHarness> {
  const members = new Map<string, MemoryMember[]>();
  const records = new MemoryProjectRecords({ membersOf: async (accountId) => members.get(accountId) ?? [] });
  const newMember = async (accountId: string, { name = 'Ada', role, isSuspended = false }: TestMember = {}) => {
    const userId = newId();
    const kind = role === 'service' ? 'service' : 'person';
    const email = kind === 'service' ? null : `${userId}@example.org`;
    members.set(accountId, [...(members.get(accountId) ?? []), { userId, kind, name, email, isSuspended }]);
    return { accountId, userId };
  };
  return {
    projects: new MemoryProjectStore(records),
    collaborators: new MemoryCollaboratorStore(records),
    bucketGrants: new MemoryBucketGrantStore(records),
    newMember: () => newMember(newId()),
    newColleague: ({ accountId }, member) => newMember(accountId, member),
  };
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.close());

async function openSql(): Promise<ProjectStoresHarness> {
  return {
    projects: new SqlProjectStore(database),
    collaborators: new SqlCollaboratorStore(database),
    bucketGrants: new SqlBucketGrantStore(database),
    newMember: async () => addTestMember(database, await addTestAccount(database)),
    newColleague: ({ accountId }, member) => addTestMember(database, accountId, member),
  };
}

for (const [name, open] of [
  ['memory', openMemory],
  ['PostgreSQL', openSql],
] as const) {
  projectStoreConformance(name, open);
  collaboratorStoreConformance(name, open);
  bucketGrantStoreConformance(name, open);
}

it('gives a deletion in PostgreSQL longer than other statements, since it grows with what the project holds', async () => {
  const viewer = await addTestMember(database, await addTestAccount(database));
  const store = new SqlProjectStore(database);
  const longest = async (
    scope: { readonly accountId: string; readonly userId?: string },
    work?: () => Promise<unknown>,
  ) =>
    database.inAccount(scope, async (transaction) => {
      await work?.();
      const { rows } = await sql<{ statement_timeout: string }>`show statement_timeout`.execute(transaction);
      return rows[0]?.statement_timeout;
    });
  expect(await longest(viewer, () => store.delete(viewer, newId()))).toBe('30min');
  const account = { accountId: viewer.accountId };
  expect(await longest(account, () => store.deleteAll(viewer.accountId))).toBe('30min');
  expect(await longest(account)).toBe('30s');
});
