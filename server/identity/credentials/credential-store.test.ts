import { afterEach, expect, it } from 'vitest';
import { newId } from '../../core/index.ts';
import type { Database } from '../../database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts';
import type { Member, Membership } from '../members/member-store.ts';
import { SqlMemberStore } from '../members/sql-member-store.ts';
import { MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from '../memory-identity-stores.ts';
import { credentialStoreConformance } from './credential-store.conformance.ts';
import type { ApiKeyRecord } from './credential-store.ts';
import { SqlCredentialStore } from './sql-credential-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');

credentialStoreConformance('memory', async () => {
  const members = new MemoryMemberStore();
  const credentials = new MemoryCredentialStore(members, new MemoryAccessStore(members));
  return { members, credentials, addProject: async () => newId() };
});

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});

credentialStoreConformance('PostgreSQL', async () => {
  const opened = await createTestDatabase();
  database = opened;
  return {
    members: new SqlMemberStore(opened),
    credentials: new SqlCredentialStore(opened),
    addProject: (accountId) => addProject(opened, accountId),
  };
});

it('in PostgreSQL a colleague who manages nobody reaches no credential of others', async () => {
  const { credentials, owner, colleague } = await openWithPeople();
  const apiKey = newApiKey(owner);
  await credentials.addApiKey(owner, apiKey);
  const secret = { keyHash: newId(), prefix: 'cl_xyz' };
  expect(await credentials.listApiKeys(colleague, owner.userId)).toEqual([]);
  expect(await credentials.deleteApiKey(colleague, owner.userId, apiKey.id)).toBe(false);
  expect(await credentials.replaceApiKeySecret(colleague, owner.userId, apiKey.id, secret)).toBe(false);
  expect(await credentials.deleteLoginSessions(colleague, owner.userId)).toEqual([]);
  await expect(credentials.addApiKey(colleague, newApiKey(owner))).rejects.toThrow();
});

it('in PostgreSQL an API key for a project goes with it', async () => {
  const { opened, credentials, owner } = await openWithPeople();
  const projectId = await addProject(opened, owner.accountId);
  const apiKey = { ...newApiKey(owner), scope: { projectId } };
  await credentials.addApiKey(owner, apiKey);
  await opened.ownerQuery('delete from projects where id = $1', [projectId]);
  expect(await credentials.findApiKeyByHash(apiKey.keyHash)).toBeUndefined();
});

async function openWithPeople() {
  const opened = await createTestDatabase();
  database = opened;
  const [members, credentials] = [new SqlMemberStore(opened), new SqlCredentialStore(opened)];
  const account = { id: newId(), name: 'Hospital', createdAt: NOW };
  const [owner, colleague] = [newPerson(account.id, 'owner'), newPerson(account.id, 'member')];
  await members.createFirstAccount(account, owner);
  await members.addMember({ accountId: account.id }, colleague);
  return { opened, credentials, owner: membershipOf(owner), colleague: membershipOf(colleague) };
}

function newPerson(accountId: string, role: 'owner' | 'member'): Member {
  return {
    id: newId(),
    accountId,
    kind: 'person',
    email: `${newId()}@example.org`,
    name: role,
    description: '',
    role,
    passwordHash: 'hash',
    passwordChangedAt: NOW,
    suspendedAt: null,
    createdAt: NOW,
  };
}

function membershipOf({ accountId, id }: Member): Membership {
  return { accountId, userId: id };
}

function newApiKey(owner: Membership): ApiKeyRecord {
  return {
    ...owner,
    id: newId(),
    name: 'scripts',
    prefix: 'cl_abc',
    keyHash: newId(),
    scope: {},
    createdBy: null,
    createdAt: NOW,
    expiresAt: null,
    lastUsedAt: null,
  };
}

async function addProject(opened: Database, accountId: string): Promise<string> {
  const id = newId();
  await opened.inAccount({ accountId }, (transaction) =>
    transaction
      .insertInto('projects')
      .values({ id, account_id: accountId, name: 'Contracts', description: '', created_by: newId(), created_at: NOW })
      .execute(),
  );
  return id;
}
