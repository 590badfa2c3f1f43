import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { Account, ApiKeyRecord, IdentityStore, LoginSessionRecord, User } from './identity-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');

/** What every {@link IdentityStore} must do. @param open gives an empty one. */
export function identityStoreConformance(name: string, open: () => Promise<IdentityStore>): void {
  describe(`${name} as an identity store`, () => {
    let store: IdentityStore;
    beforeEach(async () => {
      store = await open();
    });

    const account = (): Account => ({ id: newId(), name: 'Hospital', createdAt: NOW });
    const user = (): User => {
      const id = newId();
      return { id, email: `${id}@example.org`, name: 'Ada', passwordHash: 'hash', createdAt: NOW };
    };

    async function setUp() {
      const [first, owner] = [account(), user()];
      await store.createFirstAccount(first, owner);
      return { account: first, owner, membership: { accountId: first.id, userId: owner.id } };
    }

    it('makes the first account once, also when several ask at the same moment', async () => {
      expect(await store.findAdministrator()).toBeUndefined();
      const candidates = Array.from({ length: 5 }, () => ({ account: account(), owner: user() }));
      const made = await Promise.all(candidates.map((one) => store.createFirstAccount(one.account, one.owner)));
      expect(made.filter(Boolean)).toHaveLength(1);
      const winner = candidates[made.indexOf(true)];
      expect(await store.findAdministrator()).toEqual({ accountId: winner?.account.id, userId: winner?.owner.id });
      const loser = candidates[made.indexOf(false)];
      expect(await store.findUserByEmail(loser?.owner.email ?? '')).toBeUndefined();
    });

    it('finds a person by address and by membership, with their role', async () => {
      const { account: first, owner, membership } = await setUp();
      expect(await store.findUserByEmail(owner.email)).toEqual(owner);
      expect(await store.findUser(membership)).toEqual(owner);
      expect(await store.findAccount(first.id)).toEqual(first);
      expect(await store.findFirstMembership(owner.id)).toEqual(membership);
      expect(await store.findAccountRole(membership)).toBe('owner');
      expect(await store.findAccountRole({ accountId: newId(), userId: owner.id })).toBeUndefined();
      expect(await store.findUserByEmail('nobody@example.org')).toBeUndefined();
    });

    it('keeps login sessions until they are deleted', async () => {
      const { membership } = await setUp();
      const session: LoginSessionRecord = {
        ...membership,
        id: newId(),
        tokenHash: newId(),
        createdAt: NOW,
        lastUsedAt: NOW,
        expiresAt: new Date('2026-05-08T12:00:00Z'),
      };
      await store.addLoginSession(session);
      expect(await store.findLoginSession(session.tokenHash)).toEqual(session);
      expect(await store.findLoginSession('another')).toBeUndefined();
      const later = new Date('2026-05-01T13:00:00Z');
      await store.touchLoginSession(session, later);
      expect(await store.findLoginSession(session.tokenHash)).toEqual({ ...session, lastUsedAt: later });
      await store.deleteLoginSession(session);
      await store.deleteLoginSession(session);
      expect(await store.findLoginSession(session.tokenHash)).toBeUndefined();
    });

    it('keeps API keys, newest first, and gives them to their owner alone', async () => {
      const { membership } = await setUp();
      const apiKey = (createdAt: Date): ApiKeyRecord => ({
        ...membership,
        id: newId(),
        name: 'k',
        prefix: 'cl_abc',
        keyHash: newId(),
        createdAt,
        lastUsedAt: null,
      });
      const older = apiKey(NOW);
      const newer = apiKey(new Date('2026-05-02T12:00:00Z'));
      await store.addApiKey(older);
      await store.addApiKey(newer);
      expect(await store.listApiKeys(membership)).toEqual([newer, older]);
      expect(await store.findApiKeyByHash(older.keyHash)).toEqual({ ...older, accountRole: 'owner' });
      expect(await store.findApiKey(membership.accountId, older.id)).toEqual(older);
      expect(await store.findApiKey(newId(), older.id)).toBeUndefined();
      await store.touchApiKey(older, NOW);
      expect(await store.findApiKeyByHash(older.keyHash)).toEqual({ ...older, lastUsedAt: NOW, accountRole: 'owner' });
      expect(await store.deleteApiKey({ accountId: newId(), userId: newId() }, older.id)).toBe(false);
      expect(await store.deleteApiKey(membership, older.id)).toBe(true);
      expect(await store.deleteApiKey(membership, older.id)).toBe(false);
      expect(await store.findApiKeyByHash(older.keyHash)).toBeUndefined();
    });

    it('lists signing keys oldest first', async () => {
      const key = (createdAt: Date) => ({
        id: newId(),
        publicJwk: { kty: 'OKP' },
        wrappedPrivateKey: Buffer.from([1, 2, 3]),
        createdAt,
      });
      const newer = key(new Date('2026-05-02T12:00:00Z'));
      const older = key(NOW);
      await store.addSigningKey(newer);
      await store.addSigningKey(older);
      expect((await store.listSigningKeys()).map(({ id }) => id)).toEqual([older.id, newer.id]);
      expect(Buffer.from((await store.listSigningKeys())[0]?.wrappedPrivateKey ?? [])).toEqual(Buffer.from([1, 2, 3]));
    });

    it('knows no role in a project that does not exist', async () => {
      const { membership } = await setUp();
      expect(await store.findProjectRole(membership, newId())).toBeUndefined();
    });
  });
}
