import { afterEach, expect, it } from 'vitest';
import { newId } from '../../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts';
import { SqlCredentialStore } from '../credentials/sql-credential-store.ts';
import { MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from '../memory-identity-stores.ts';
import { memberStoreConformance } from './member-store.conformance.ts';
import { SqlMemberStore } from './sql-member-store.ts';

memberStoreConformance('memory', async () => {
  const members = new MemoryMemberStore();
  return { members, credentials: new MemoryCredentialStore(members, new MemoryAccessStore(members)) };
});

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});

memberStoreConformance('PostgreSQL', async () => {
  database = await createTestDatabase();
  return { members: new SqlMemberStore(database), credentials: new SqlCredentialStore(database) };
});

it('shows a member in PostgreSQL as nobody to change, remove or invite for a colleague who does not manage people', async () => {
  database = await createTestDatabase();
  const members = new SqlMemberStore(database);
  const createdAt = new Date('2026-05-01T12:00:00Z');
  const account = { id: newId(), name: 'Hospital', createdAt };
  const person = (role: 'owner' | 'member') => ({
    id: newId(),
    accountId: account.id,
    kind: 'person' as const,
    email: `${newId()}@example.org`,
    name: role,
    description: '',
    role,
    passwordHash: 'hash',
    passwordChangedAt: createdAt,
    suspendedAt: null,
    createdAt,
  });
  const [owner, bo, cy] = [person('owner'), person('member'), person('member')];
  await members.createFirstAccount(account, owner);
  for (const one of [bo, cy]) await members.addMember({ accountId: account.id }, one);
  const asBo = { accountId: account.id, userId: bo.id };

  expect(await members.changeMember(asBo, cy.id, { name: 'changed' })).toBeUndefined();
  expect(await members.removeMember(asBo, cy.id)).toBe(false);
  await expect(members.addMember(asBo, person('owner'))).rejects.toThrow();
  const link = {
    id: newId(),
    accountId: account.id,
    tokenHash: 'h',
    createdBy: bo.id,
    createdAt,
    expiresAt: createdAt,
  };
  const invitation = { ...link, purpose: 'invitation', email: 'di@example.org', role: 'owner' } as const;
  await expect(members.addLink(asBo, invitation)).rejects.toThrow();
  await members.addLink({ accountId: account.id }, invitation);
  expect(await members.listLinks(asBo, 'invitation')).toEqual([]);
  expect(await members.deleteLink(asBo, invitation.id)).toBe(false);
  expect(await members.listMembers(asBo, 'person')).toEqual(
    [bo, cy, owner].sort((one, other) => one.name.localeCompare(other.name) || (one.id < other.id ? -1 : 1)),
  );
});
