import { beforeEach, describe, expect, it } from 'vitest';
import { isAppError, newId } from '../../core/index.ts';
import type { ApiKeyRecord, CredentialStore, LoginSessionRecord } from '../credentials/credential-store.ts';
import type { Account, Member, MemberChange, MemberScope, MemberStore, OneTimeLink } from './member-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const LATER = new Date('2026-05-02T12:00:00Z');

export type MemberStoreHarness = {
  readonly members: MemberStore;
  /** What goes with somebody who is removed. */
  readonly credentials: CredentialStore;
};

/** What every {@link MemberStore} must do. @param open gives an empty one. */
export function memberStoreConformance(name: string, open: () => Promise<MemberStoreHarness>): void {
  describe(`${name} as a member store`, () => {
    let members: MemberStore;
    let credentials: CredentialStore;
    beforeEach(async () => {
      ({ members, credentials } = await open());
    });

    async function setUp() {
      const account = newAccount();
      const owner = newMember(account, { role: 'owner' });
      await members.createFirstAccount(account, owner);
      return { account, owner, house: { accountId: account.id }, asOwner: membershipOf(owner) };
    }

    async function addPerson(account: Account, fields: Partial<Member> = {}): Promise<Member> {
      const member = newMember(account, fields);
      await members.addMember({ accountId: account.id }, member);
      return member;
    }

    describe('accounts', () => {
      it('makes the first account once, also when several ask at the same moment', async () => {
        expect(await members.findAdministrator()).toBeUndefined();
        const candidates = Array.from({ length: 5 }, () => {
          const account = newAccount();
          return { account, owner: newMember(account, { role: 'owner' }) };
        });
        const made = await Promise.all(candidates.map((one) => members.createFirstAccount(one.account, one.owner)));
        expect(made.filter(Boolean)).toHaveLength(1);
        const winner = candidates[made.indexOf(true)];
        expect(await members.findAdministrator()).toEqual({ accountId: winner?.account.id, userId: winner?.owner.id });
        const loser = candidates[made.indexOf(false)];
        expect(await members.findPeopleByEmail(loser?.owner.email ?? '')).toEqual([]);
        expect(await members.findAccount(loser?.account.id ?? '')).toBeUndefined();
      });

      it('adds further accounts, and renames the one that is meant', async () => {
        const { account, asOwner } = await setUp();
        const second = { ...newAccount('Laboratory'), createdAt: LATER };
        await members.addAccount(second);
        await members.renameAccount(asOwner, 'Clinic');
        expect(await members.listAccounts()).toEqual([{ ...account, name: 'Clinic' }, second]);
        expect(await members.findAccount(account.id)).toEqual({ ...account, name: 'Clinic' });
        expect(await members.findAccount(second.id)).toEqual(second);
        expect(await members.findAccount(newId())).toBeUndefined();
        expect(await members.findAdministrator()).toEqual(asOwner);
      });

      it('removes an account with everybody in it, its only owner too, and no other', async () => {
        const { account, owner, house } = await setUp();
        const second = { ...newAccount('Laboratory'), createdAt: LATER };
        await members.addAccount(second);
        const lin = await addPerson(second, { role: 'owner' });
        const invitation = newLink(second, { purpose: 'invitation', email: 'di@example.org', role: 'owner' });
        await members.addLink({ accountId: second.id }, invitation);
        const session = newSession(lin);
        await credentials.addLoginSession(session);
        expect(await members.removeAccount(second.id)).toBe(true);
        expect(await members.removeAccount(second.id)).toBe(false);
        expect(await members.listAccounts()).toEqual([account]);
        expect(await members.findMember(membershipOf(lin))).toBeUndefined();
        expect(await members.findPeopleByEmail(lin.email ?? '')).toEqual([]);
        expect(await members.findLink(invitation.tokenHash)).toBeUndefined();
        expect(await credentials.findLoginSession(session.tokenHash)).toBeUndefined();
        expect(await members.listMembers(house, 'person')).toEqual([owner]);
      });
    });

    describe('members', () => {
      it('finds a person by address and by membership, and nobody of another account', async () => {
        const { owner, asOwner } = await setUp();
        expect(await members.findPeopleByEmail(owner.email ?? '')).toEqual([owner]);
        expect(await members.findMember(asOwner)).toEqual(owner);
        expect(await members.findMember({ accountId: newId(), userId: owner.id })).toBeUndefined();
        expect(await members.findPeopleByEmail('nobody@example.org')).toEqual([]);
      });

      it('lists people and service IDs apart, by name, and those of one account', async () => {
        const { account, owner, house, asOwner } = await setUp();
        const zoe = await addPerson(account, { name: 'Zoe' });
        const bo = await addPerson(account, { name: 'Bo' });
        const robot = await addPerson(account, { ...SERVICE_ID, name: 'Nightly import' });
        const elsewhere = newAccount();
        await members.addAccount(elsewhere);
        await addPerson(elsewhere);
        for (const scope of [house, asOwner]) {
          expect(await members.listMembers(scope, 'person')).toEqual([owner, bo, zoe]);
          expect(await members.listMembers(scope, 'service')).toEqual([robot]);
        }
      });

      it('lets one address be in two accounts, and in one account once', async () => {
        const { account, owner } = await setUp();
        const second = newAccount();
        await members.addAccount(second);
        const elsewhere = await addPerson(second, { email: owner.email, createdAt: LATER });
        expect(await members.findPeopleByEmail(owner.email ?? '')).toEqual([owner, elsewhere]);
        const again = addPerson(account, { email: owner.email });
        expect(await refusalOf(again)).toBe('already-exists email-taken');
      });

      it('takes somebody who joins by themselves, as they are invited', async () => {
        const { account, house } = await setUp();
        const joining = newMember(account);
        const meant = { email: joining.email ?? '', role: 'member' } as const;
        await members.addLink(house, newLink(account, { purpose: 'invitation', ...meant }));
        await members.addMember(membershipOf(joining), joining);
        expect(await members.findMember(membershipOf(joining))).toEqual(joining);
      });

      it('changes what is asked for, and tells how it was', async () => {
        const { account, asOwner } = await setUp();
        const bo = await addPerson(account, { name: 'Bo' });
        const change = { name: 'Bob', role: 'administrator', suspendedAt: LATER } as const;
        const changed = await members.changeMember(asOwner, bo.id, change);
        expect(changed).toEqual({ before: bo, after: { ...bo, ...change } });
        expect(await members.findMember(membershipOf(bo))).toEqual({ ...bo, ...change });
        const password = { passwordHash: 'other', passwordChangedAt: LATER, suspendedAt: null };
        await members.changeMember(membershipOf(bo), bo.id, password);
        expect(await members.findMember(membershipOf(bo))).toEqual({ ...bo, ...change, ...password });
      });

      it('changes and removes nobody of another account', async () => {
        const { owner } = await setUp();
        const second = newAccount();
        await members.addAccount(second);
        const foreign = membershipOf(await addPerson(second, { role: 'owner' }));
        expect(await members.changeMember(foreign, owner.id, { name: 'Eve' })).toBeUndefined();
        expect(await members.removeMember(foreign, owner.id)).toBe(false);
        expect(await members.findMember(membershipOf(owner))).toEqual(owner);
      });

      it('keeps an owner who can sign in', async () => {
        const { account, owner, asOwner } = await setUp();
        const bo = await addPerson(account, { role: 'owner', suspendedAt: NOW });
        const elsewhere = newAccount();
        await members.addAccount(elsewhere);
        await addPerson(elsewhere, { role: 'owner' });
        for (const attempt of [
          () => members.changeMember(asOwner, owner.id, { role: 'member' }),
          () => members.changeMember(asOwner, owner.id, { suspendedAt: NOW }),
          () => members.removeMember(asOwner, owner.id),
        ]) {
          expect(await refusalOf(attempt())).toBe('failed-precondition last-owner');
        }
        expect(await members.findMember(asOwner)).toEqual(owner);
        await members.changeMember(asOwner, bo.id, { suspendedAt: null });
        await members.changeMember(asOwner, owner.id, { role: 'member' });
        expect(await refusalOf(members.removeMember({ accountId: account.id }, bo.id))).toBe(
          'failed-precondition last-owner',
        );
      });

      it('keeps one of two owners who step down at the same moment', async () => {
        const { account, owner } = await setUp();
        const bo = await addPerson(account, { role: 'owner' });
        const outcomes = await Promise.allSettled(
          [owner, bo].map((one) => members.changeMember(membershipOf(one), one.id, { role: 'member' })),
        );
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      });

      it('removes somebody with their credentials, and leaves those of others', async () => {
        const { account, owner, house, asOwner } = await setUp();
        const bo = await addPerson(account);
        const records = await Promise.all([owner, bo].map((one) => addCredentials(one)));
        const [kept, ended] = records;
        await members.addLink(house, newLink(account, { purpose: 'password-reset', userId: bo.id }));
        expect(await members.removeMember(asOwner, bo.id)).toBe(true);
        expect(await members.removeMember(asOwner, bo.id)).toBe(false);
        expect(await members.findMember(membershipOf(bo))).toBeUndefined();
        expect(await credentials.findLoginSession(ended?.tokenHash ?? '')).toBeUndefined();
        expect(await credentials.findApiKeyByHash(ended?.keyHash ?? '')).toBeUndefined();
        expect(await members.listLinks(house, 'password-reset')).toEqual([]);
        expect(await credentials.findLoginSession(kept?.tokenHash ?? '')).toBeDefined();
        expect(await credentials.findApiKeyByHash(kept?.keyHash ?? '')).toBeDefined();
      });

      async function addCredentials(member: Member): Promise<{ tokenHash: string; keyHash: string }> {
        const session = newSession(member);
        const apiKey = newApiKey(member);
        await credentials.addLoginSession(session);
        await credentials.addApiKey(membershipOf(member), apiKey);
        return { tokenHash: session.tokenHash, keyHash: apiKey.keyHash };
      }
    });

    describe('one-time links', () => {
      it('are found by their hash alone, and listed newest first in their own account', async () => {
        const { account, owner, house, asOwner } = await setUp();
        const older = newLink(account, { purpose: 'invitation', email: 'bo@example.org', role: 'member' });
        const newer = {
          ...newLink(account, { purpose: 'invitation', email: 'cy@example.org', role: 'owner' }),
          createdAt: LATER,
        } as const;
        const reset = newLink(account, { purpose: 'password-reset', userId: owner.id });
        for (const link of [older, newer, reset]) await members.addLink(asOwner, link);
        const second = newAccount();
        await members.addAccount(second);
        const foreign = newLink(second, { purpose: 'invitation', email: 'di@example.org', role: 'owner' });
        await members.addLink({ accountId: second.id }, foreign);

        for (const link of [older, reset, foreign]) expect(await members.findLink(link.tokenHash)).toEqual(link);
        expect(await members.findLink('another')).toBeUndefined();
        expect(await members.listLinks(house, 'invitation')).toEqual([newer, older]);
        expect(await members.listLinks(asOwner, 'password-reset')).toEqual([reset]);
        expect(await members.deleteLink(asOwner, foreign.id)).toBe(false);
      });

      it('are deleted by one of several who use them at the same moment', async () => {
        const { account, asOwner } = await setUp();
        const link = newLink(account, { purpose: 'invitation', email: 'bo@example.org', role: 'member' });
        await members.addLink(asOwner, link);
        const deleted = await Promise.all(Array.from({ length: 4 }, () => members.deleteLink(asOwner, link.id)));
        expect(deleted.filter(Boolean)).toHaveLength(1);
        expect(await members.findLink(link.tokenHash)).toBeUndefined();
      });

      it('end with what somebody was who is to get a password by them, or who made them', async () => {
        const { account, owner, house, asOwner } = await setUp();
        const [bo, cy] = [await addPerson(account, { role: 'owner' }), await addPerson(account)];
        const links = [
          { ...newLink(account, { purpose: 'invitation', email: 'di@example.org', role: 'member' }), createdBy: bo.id },
          { ...newLink(account, { purpose: 'password-reset', userId: cy.id }), createdBy: bo.id },
          { ...newLink(account, { purpose: 'password-reset', userId: bo.id }), createdBy: owner.id },
          { ...newLink(account, { purpose: 'invitation', email: 'ed@example.org', role: 'member' }), createdBy: null },
        ];
        async function leftAfter(change: () => Promise<unknown>): Promise<readonly number[]> {
          for (const link of links) await members.addLink(house, link);
          await change();
          const found = await Promise.all(links.map((link) => members.findLink(link.tokenHash)));
          for (const link of links) await members.deleteLink(house, link.id);
          return [0, 1, 2, 3].filter((index) => found[index] !== undefined);
        }
        const changeBo = (change: MemberChange, scope: MemberScope = asOwner) =>
          leftAfter(() => members.changeMember(scope, bo.id, change));
        expect(await changeBo({ name: 'Bob', passwordHash: 'other' }, membershipOf(bo))).toEqual([0, 1, 2, 3]);
        expect(await changeBo({ role: 'administrator' })).toEqual([3]);
        expect(await changeBo({ role: 'owner' }, house)).toEqual([0, 1, 3]);
        expect(await changeBo({ role: 'owner' })).toEqual([0, 1, 2, 3]);
        expect(await changeBo({ suspendedAt: NOW })).toEqual([3]);
        expect(await changeBo({ suspendedAt: null })).toEqual([0, 1, 2, 3]);
        // Afterwards they might delete none of them.
        expect(await changeBo({ role: 'member' }, membershipOf(bo))).toEqual([3]);
        expect(await leftAfter(() => members.removeMember(asOwner, bo.id))).toEqual([3]);
      });

      it('can be used up by the person for whom they are meant', async () => {
        const { account, asOwner } = await setUp();
        const bo = newMember(account);
        const invitation = newLink(account, { purpose: 'invitation', email: bo.email ?? '', role: 'member' });
        await members.addLink(asOwner, invitation);
        await members.addMember(membershipOf(bo), bo);
        expect(await members.deleteLink(membershipOf(bo), invitation.id)).toBe(true);
        const reset = newLink(account, { purpose: 'password-reset', userId: bo.id });
        await members.addLink(asOwner, reset);
        expect(await members.listLinks(membershipOf(bo), 'password-reset')).toEqual([reset]);
        expect(await members.deleteLink(membershipOf(bo), reset.id)).toBe(true);
      });
    });
  });
}

const SERVICE_ID = {
  kind: 'service',
  role: 'service',
  email: null,
  passwordHash: null,
  passwordChangedAt: null,
} as const;

function newAccount(name = 'Hospital'): Account {
  return { id: newId(), name, createdAt: NOW };
}

function newMember({ id: accountId }: Account, fields: Partial<Member> = {}): Member {
  const id = newId();
  return {
    id,
    accountId,
    kind: 'person',
    email: `${id}@example.org`,
    name: 'Ada',
    description: '',
    role: 'member',
    passwordHash: 'hash',
    passwordChangedAt: NOW,
    suspendedAt: null,
    createdAt: NOW,
    ...fields,
  };
}

type LinkPurpose =
  | Pick<Extract<OneTimeLink, { purpose: 'invitation' }>, 'purpose' | 'email' | 'role'>
  | Pick<Extract<OneTimeLink, { purpose: 'password-reset' }>, 'purpose' | 'userId'>;

function newLink({ id: accountId }: Account, purpose: LinkPurpose): OneTimeLink {
  return { id: newId(), accountId, tokenHash: newId(), createdBy: null, createdAt: NOW, expiresAt: LATER, ...purpose };
}

function newSession({ id, accountId }: Member): LoginSessionRecord {
  return {
    id: newId(),
    accountId,
    userId: id,
    tokenHash: newId(),
    method: 'password',
    hasSecondFactor: false,
    address: null,
    browser: 'unknown',
    createdAt: NOW,
    lastUsedAt: NOW,
    expiresAt: LATER,
  };
}

function newApiKey({ id, accountId }: Member): ApiKeyRecord {
  return {
    id: newId(),
    accountId,
    userId: id,
    name: 'k',
    prefix: 'cl_abc',
    keyHash: newId(),
    scope: {},
    createdBy: id,
    createdAt: NOW,
    expiresAt: null,
    lastUsedAt: null,
  };
}

function membershipOf({ accountId, id }: Member) {
  return { accountId, userId: id };
}

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isAppError(error) ? `${error.code} ${error.details.reason}` : `not refused: ${String(error)}`;
}
