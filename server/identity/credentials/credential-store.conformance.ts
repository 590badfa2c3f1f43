import { beforeEach, describe, expect, it } from 'vitest';
import { type CredentialScope, newId } from '../../core/index.ts';
import type { Member, MemberStore, Membership } from '../members/member-store.ts';
import type { ApiKeyRecord, CredentialStore, LoginSessionRecord, SigningKeyRecord } from './credential-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const LATER = new Date('2026-05-02T12:00:00Z');
const NEXT_WEEK = new Date('2026-05-08T12:00:00Z');

export type CredentialStoreHarness = {
  readonly credentials: CredentialStore;
  readonly members: MemberStore;
  /** Makes a project of the account. @returns its id */
  addProject(accountId: string): Promise<string>;
};

/** What every {@link CredentialStore} must do. @param open gives an empty one. */
export function credentialStoreConformance(name: string, open: () => Promise<CredentialStoreHarness>): void {
  describe(`${name} as a credential store`, () => {
    let credentials: CredentialStore;
    let members: MemberStore;
    let harness: CredentialStoreHarness;
    let ada: Membership;
    let bo: Membership;
    let stranger: Membership;
    beforeEach(async () => {
      harness = await open();
      ({ credentials, members } = harness);
      ada = await addAccount('first');
      bo = await addMember(ada.accountId, 'member');
      stranger = await addAccount('second');
    });

    async function addAccount(which: 'first' | 'second'): Promise<Membership> {
      const account = { id: newId(), name: 'Hospital', createdAt: NOW };
      if (which === 'second') {
        await members.addAccount(account);
        return addMember(account.id, 'owner');
      }
      const owner = newMember(account.id, 'owner');
      await members.createFirstAccount(account, owner);
      return { accountId: account.id, userId: owner.id };
    }

    async function addMember(accountId: string, role: Member['role']): Promise<Membership> {
      const member = newMember(accountId, role);
      await members.addMember({ accountId }, member);
      return { accountId, userId: member.id };
    }

    describe('login sessions', () => {
      it('are found by their token’s hash and by their id, with the role of whoever signed in', async () => {
        const session = newSession(bo);
        await credentials.addLoginSession(session);
        const found = { ...session, accountRole: 'member' };
        expect(await credentials.findLoginSession(session.tokenHash)).toEqual(found);
        expect(await credentials.findLoginSessionById(bo.accountId, session.id)).toEqual(found);
        expect(await credentials.findLoginSession('another')).toBeUndefined();
        expect(await credentials.findLoginSessionById(bo.accountId, newId())).toBeUndefined();
        expect(await credentials.findLoginSessionById(stranger.accountId, session.id)).toBeUndefined();
      });

      it('are listed for their owner, the one that was used last first', async () => {
        const [older, newer] = [newSession(ada), newSession(ada)];
        for (const session of [older, newer, newSession(bo), newSession(stranger)])
          await credentials.addLoginSession(session);
        await credentials.touchLoginSession(newer, LATER);
        expect(await credentials.listLoginSessions(ada)).toEqual([{ ...newer, lastUsedAt: LATER }, older]);
      });

      it('end one at a time, each by its owner alone', async () => {
        const session = newSession(ada);
        await credentials.addLoginSession(session);
        expect(await credentials.deleteLoginSession(bo, session.id)).toBe(false);
        expect(await credentials.deleteLoginSession(stranger, session.id)).toBe(false);
        expect(await credentials.deleteLoginSession(ada, session.id)).toBe(true);
        expect(await credentials.deleteLoginSession(ada, session.id)).toBe(false);
        expect(await credentials.findLoginSession(session.tokenHash)).toBeUndefined();
      });

      it('end all at once, but for one that stays', async () => {
        const [one, two, kept, other] = [newSession(bo), newSession(bo), newSession(bo), newSession(ada)];
        for (const session of [one, two, kept, other]) await credentials.addLoginSession(session);
        const ended = await credentials.deleteLoginSessions(bo, bo.userId, kept.id);
        expect([...ended].sort()).toEqual([one.id, two.id].sort());
        expect(await credentials.listLoginSessions(bo)).toEqual([kept]);
        expect(await credentials.deleteLoginSessions(ada, bo.userId)).toEqual([kept.id]);
        expect(await credentials.deleteLoginSessions(stranger, ada.userId)).toEqual([]);
        expect(await credentials.listLoginSessions(ada)).toEqual([other]);
      });
    });

    describe('API keys', () => {
      it('are found by their hash and by their id, with the role of their owner', async () => {
        const apiKey = newApiKey(bo);
        await credentials.addApiKey(bo, apiKey);
        const found = { ...apiKey, accountRole: 'member' };
        expect(await credentials.findApiKeyByHash(apiKey.keyHash)).toEqual(found);
        expect(await credentials.findApiKeyById(bo.accountId, apiKey.id)).toEqual(found);
        expect(await credentials.findApiKeyByHash(apiKey.keyHash.slice(0, -1))).toBeUndefined();
        expect(await credentials.findApiKeyById(stranger.accountId, apiKey.id)).toBeUndefined();
      });

      it('keep what they are limited to, and when they end', async () => {
        const projectId = await harness.addProject(ada.accountId);
        const scopes: readonly CredentialScope[] = [
          {},
          { projectId },
          { modelIds: ['acme/one', 'acme/two'] },
          { inferenceOnly: true },
          { projectId, modelIds: ['acme/one'], inferenceOnly: true },
        ];
        for (const scope of scopes) {
          const apiKey = { ...newApiKey(ada), scope, expiresAt: NEXT_WEEK, createdBy: ada.userId };
          await credentials.addApiKey(ada, apiKey);
          expect(await credentials.findApiKeyByHash(apiKey.keyHash)).toEqual({ ...apiKey, accountRole: 'owner' });
        }
      });

      it('are listed for their owner, newest first', async () => {
        const [older, newer] = [newApiKey(bo), { ...newApiKey(bo), createdAt: LATER }];
        for (const apiKey of [older, newer]) await credentials.addApiKey(bo, apiKey);
        await credentials.addApiKey(ada, newApiKey(ada));
        expect(await credentials.listApiKeys(bo, bo.userId)).toEqual([newer, older]);
        expect(await credentials.listApiKeys(ada, bo.userId)).toEqual([newer, older]);
        expect(await credentials.listApiKeys(stranger, bo.userId)).toEqual([]);
        await credentials.touchApiKey(older, LATER);
        expect(await credentials.findApiKeyById(bo.accountId, older.id)).toMatchObject({ lastUsedAt: LATER });
      });

      it('get another secret, and are not found by the old one then', async () => {
        const apiKey = newApiKey(bo);
        await credentials.addApiKey(bo, apiKey);
        await credentials.touchApiKey(apiKey, LATER);
        const secret = { keyHash: newId(), prefix: 'cl_xyz' };
        expect(await credentials.replaceApiKeySecret(stranger, bo.userId, apiKey.id, secret)).toBe(false);
        expect(await credentials.replaceApiKeySecret(bo, ada.userId, apiKey.id, secret)).toBe(false);
        expect(await credentials.replaceApiKeySecret(bo, bo.userId, apiKey.id, secret)).toBe(true);
        expect(await credentials.findApiKeyByHash(apiKey.keyHash)).toBeUndefined();
        expect(await credentials.findApiKeyByHash(secret.keyHash)).toEqual({
          ...apiKey,
          ...secret,
          accountRole: 'member',
        });
      });

      it('are deleted from their owner alone', async () => {
        const apiKey = newApiKey(bo);
        await credentials.addApiKey(bo, apiKey);
        expect(await credentials.deleteApiKey(stranger, bo.userId, apiKey.id)).toBe(false);
        expect(await credentials.deleteApiKey(bo, ada.userId, apiKey.id)).toBe(false);
        expect(await credentials.deleteApiKey(bo, bo.userId, apiKey.id)).toBe(true);
        expect(await credentials.deleteApiKey(bo, bo.userId, apiKey.id)).toBe(false);
        expect(await credentials.findApiKeyByHash(apiKey.keyHash)).toBeUndefined();
      });

      it('are made for a service ID by whoever manages people', async () => {
        const service = newMember(ada.accountId, 'service');
        await members.addMember(ada, service);
        const owner = { accountId: ada.accountId, userId: service.id };
        const apiKey = { ...newApiKey(owner), createdBy: ada.userId };
        await credentials.addApiKey(ada, apiKey);
        expect(await credentials.findApiKeyByHash(apiKey.keyHash)).toEqual({ ...apiKey, accountRole: 'service' });
        expect(await credentials.listApiKeys(ada, service.id)).toEqual([apiKey]);
      });
    });

    it('finds no credential of somebody who is suspended, and finds it again when they are back', async () => {
      const [session, apiKey] = [newSession(bo), newApiKey(bo)];
      await credentials.addLoginSession(session);
      await credentials.addApiKey(bo, apiKey);
      const find = () =>
        Promise.all([
          credentials.findLoginSession(session.tokenHash),
          credentials.findLoginSessionById(bo.accountId, session.id),
          credentials.findApiKeyByHash(apiKey.keyHash),
          credentials.findApiKeyById(bo.accountId, apiKey.id),
        ]);
      await members.changeMember(ada, bo.userId, { suspendedAt: NOW });
      expect(await find()).toEqual([undefined, undefined, undefined, undefined]);
      await members.changeMember(ada, bo.userId, { suspendedAt: null, role: 'billing-viewer' });
      expect((await find()).map((found) => found?.accountRole)).toEqual(Array(4).fill('billing-viewer'));
      await members.removeMember(ada, bo.userId);
      expect(await find()).toEqual([undefined, undefined, undefined, undefined]);
    });

    describe('signing keys', () => {
      it('are listed by purpose, oldest first, and keep their wrapped halves', async () => {
        const [newer, older, other] = [
          newSigningKey({ createdAt: LATER }),
          newSigningKey(),
          newSigningKey({ purpose: 'audit' }),
        ];
        for (const key of [newer, older, other]) await credentials.addSigningKey(key);
        const listed = await credentials.listSigningKeys('access-token');
        expect(listed.map(({ id }) => id)).toEqual([older.id, newer.id]);
        expect(listed[0]).toMatchObject({ publicJwk: older.publicJwk, createdAt: NOW, retiresAt: null });
        expect(Buffer.from(listed[0]?.wrappedPrivateKey ?? [])).toEqual(Buffer.from([1, 2, 3]));
        expect(await credentials.listSigningKeys('audit')).toHaveLength(1);
      });

      it('retire the others of their purpose when a new one is to sign, once', async () => {
        const [first, second, third] = [
          newSigningKey(),
          newSigningKey({ createdAt: LATER }),
          newSigningKey({ createdAt: NEXT_WEEK }),
        ];
        await credentials.addSigningKey(newSigningKey({ purpose: 'audit' }));
        await credentials.addSigningKey(first);
        await credentials.addSigningKey(second, LATER);
        await credentials.addSigningKey(third, NEXT_WEEK);
        const listed = await credentials.listSigningKeys('access-token');
        expect(listed.map(({ retiresAt }) => retiresAt)).toEqual([LATER, NEXT_WEEK, null]);
        expect((await credentials.listSigningKeys('audit'))[0]?.retiresAt).toBeNull();
      });

      it('are deleted once they have retired, and not before', async () => {
        const [retired, retiring, signing] = [
          newSigningKey({ retiresAt: NOW }),
          newSigningKey({ retiresAt: NEXT_WEEK }),
          newSigningKey(),
        ];
        for (const key of [retired, retiring, signing]) await credentials.addSigningKey(key);
        await credentials.deleteRetiredSigningKeys(LATER);
        const left = (await credentials.listSigningKeys('access-token')).map(({ id }) => id);
        expect(left.sort()).toEqual([retiring.id, signing.id].sort());
      });
    });
  });
}

function newMember(accountId: string, role: Member['role']): Member {
  const id = newId();
  const isService = role === 'service';
  return {
    id,
    accountId,
    kind: isService ? 'service' : 'person',
    email: isService ? null : `${id}@example.org`,
    name: role,
    description: '',
    role,
    passwordHash: isService ? null : 'hash',
    passwordChangedAt: isService ? null : NOW,
    suspendedAt: null,
    createdAt: NOW,
  };
}

function newSession(owner: Membership): LoginSessionRecord {
  return {
    ...owner,
    id: newId(),
    tokenHash: newId(),
    method: 'password',
    hasSecondFactor: false,
    address: '192.0.2.1',
    browser: 'Firefox on Linux',
    createdAt: NOW,
    lastUsedAt: NOW,
    expiresAt: NEXT_WEEK,
  };
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

function newSigningKey(fields: Partial<SigningKeyRecord> = {}): SigningKeyRecord {
  return {
    id: newId(),
    purpose: 'access-token',
    publicJwk: { kty: 'OKP' },
    wrappedPrivateKey: Buffer.from([1, 2, 3]),
    createdAt: NOW,
    retiresAt: null,
    ...fields,
  };
}
