import { afterEach } from 'vitest';
import { newId } from '../../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts';
import type { Member, MemberStore, Membership } from '../members/member-store.ts';
import { SqlMemberStore } from '../members/sql-member-store.ts';
import { MemoryAccessStore, MemoryMemberStore } from '../memory-identity-stores.ts';
import { federatedIdentityStoreConformance } from './federated-identity-store.conformance.ts';
import { MemoryFederatedIdentityStore, MemoryProjectRoleGrants } from './memory-federated-identity-store.ts';
import { SqlFederatedIdentityStore, SqlProjectRoleGrants } from './sql-federated-identity-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');

federatedIdentityStoreConformance('memory', async () => {
  const members = new MemoryMemberStore();
  const people = await addPeople(members);
  const grants = new MemoryProjectRoleGrants(new MemoryAccessStore(members));
  const projectId = newId();
  grants.addProject(projectId, people[0]);
  return { identities: new MemoryFederatedIdentityStore(members), grants, people, projectId };
});

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});

federatedIdentityStoreConformance('PostgreSQL', async () => {
  const opened = await createTestDatabase();
  database = opened;
  const people = await addPeople(new SqlMemberStore(opened));
  const [{ accountId, userId }] = people;
  const projectId = newId();
  await opened.inAccount({ accountId }, async (transaction) => {
    const project = { id: projectId, account_id: accountId, name: 'Contracts', description: '', created_by: userId };
    await transaction
      .insertInto('projects')
      .values({ ...project, created_at: NOW })
      .execute();
    const admin = { account_id: accountId, project_id: projectId, user_id: userId, role: 'admin' as const };
    await transaction
      .insertInto('project_members')
      .values({ ...admin, created_at: NOW })
      .execute();
  });
  const identities = new SqlFederatedIdentityStore(opened);
  return { identities, grants: new SqlProjectRoleGrants(opened), people, projectId };
});

/** An owner and a member of one account. */
async function addPeople(members: MemberStore): Promise<[Membership, Membership]> {
  const account = { id: newId(), name: 'Hospital', createdAt: NOW };
  const person = (role: Member['role']): Member => ({
    id: newId(),
    accountId: account.id,
    kind: 'person',
    email: `${newId()}@example.org`,
    name: role,
    description: '',
    role,
    passwordHash: 'hash',
    passwordChangedAt: NOW,
    suspendedAt: null,
    createdAt: NOW,
  });
  const [owner, member] = [person('owner'), person('member')];
  await members.createFirstAccount(account, owner);
  await members.addMember({ accountId: account.id }, member);
  return [owner, member].map(({ id }) => ({ accountId: account.id, userId: id })) as [Membership, Membership];
}
