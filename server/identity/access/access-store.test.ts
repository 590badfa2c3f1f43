import { afterEach, expect, it } from 'vitest';
import { newId, type ProjectAccess } from '../../core/index.ts';
import type { Database } from '../../database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts';
import type { Membership } from '../members/member-store.ts';
import { SqlMemberStore } from '../members/sql-member-store.ts';
import { MemoryAccessStore, MemoryMemberStore } from '../memory-identity-stores.ts';
import { accessStoreConformance } from './access-store.conformance.ts';
import { SqlAccessStore } from './sql-access-store.ts';

accessStoreConformance('memory', async () => {
  const members = new MemoryMemberStore();
  const access = new MemoryAccessStore(members);
  return {
    members,
    access,
    addProject: async () => newId(),
    setProjectAccess: async (membership, projectId, given) =>
      access.setProjectAccess(membership, projectId, Object.keys(given).length === 0 ? undefined : given),
  };
});

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});

accessStoreConformance('PostgreSQL', async () => {
  const open = await createTestDatabase();
  database = open;
  return {
    members: new SqlMemberStore(open),
    access: new SqlAccessStore(open),
    addProject: (accountId) => addProject(open, accountId),
    setProjectAccess: (membership, projectId, given) => setProjectAccess(open, membership, projectId, given),
  };
});

it('does not remember that there was no operating account yet', async () => {
  database = await createTestDatabase();
  const access = new SqlAccessStore(database);
  const createdAt = new Date('2026-05-01T12:00:00Z');
  const account = { id: newId(), name: 'Hospital', createdAt };
  expect(await access.isOperatingAccount(account.id)).toBe(false);
  await new SqlMemberStore(database).createFirstAccount(account, {
    id: newId(),
    accountId: account.id,
    kind: 'person',
    email: 'ada@example.org',
    name: 'Ada',
    description: '',
    role: 'owner',
    passwordHash: null,
    passwordChangedAt: null,
    suspendedAt: null,
    createdAt,
  });
  expect(await access.isOperatingAccount(account.id)).toBe(true);
});

async function addProject(open: Database, accountId: string): Promise<string> {
  const id = newId();
  await open.inAccount({ accountId }, (transaction) =>
    transaction
      .insertInto('projects')
      .values({
        id,
        account_id: accountId,
        name: 'Contracts',
        description: '',
        created_by: newId(),
        created_at: new Date('2026-05-01T12:00:00Z'),
      })
      .execute(),
  );
  return id;
}

async function setProjectAccess(
  open: Database,
  { accountId, userId }: Membership,
  projectId: string,
  { role, bucket }: ProjectAccess,
): Promise<void> {
  const row = { account_id: accountId, project_id: projectId, user_id: userId };
  const createdAt = new Date('2026-05-01T12:00:00Z');
  await open.inAccount({ accountId }, async (transaction) => {
    await transaction
      .deleteFrom('project_members')
      .where('project_id', '=', projectId)
      .where('user_id', '=', userId)
      .execute();
    await transaction
      .deleteFrom('bucket_grants')
      .where('project_id', '=', projectId)
      .where('user_id', '=', userId)
      .execute();
    if (role !== undefined)
      await transaction
        .insertInto('project_members')
        .values({ ...row, role, created_at: createdAt })
        .execute();
    if (bucket !== undefined)
      await transaction
        .insertInto('bucket_grants')
        .values({ ...row, access: bucket, created_by: userId, created_at: createdAt })
        .execute();
  });
}
