import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../core/index.ts';
import type { Member, MemberStore, Membership } from '../members/member-store.ts';
import type { PasskeyRecord, SecondFactorStore } from './second-factor-store.ts';
import type { SignInStep, SignInStepStore } from './sign-in-step-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const LATER = new Date('2026-05-01T13:00:00Z');

export type SecondFactorHarness = {
  readonly members: MemberStore;
  readonly steps: SignInStepStore;
  readonly secondFactors: SecondFactorStore;
};

/** What every {@link SecondFactorStore} and {@link SignInStepStore} must do. @param open gives empty ones. */
export function secondFactorStoreConformance(name: string, open: () => Promise<SecondFactorHarness>): void {
  describe(`${name} as a store of second factors`, () => {
    let steps: SignInStepStore;
    let store: SecondFactorStore;
    let ada: Membership;
    let bo: Membership;
    beforeEach(async () => {
      const opened = await open();
      ({ steps, secondFactors: store } = opened);
      [ada, bo] = await addPeople(opened.members);
    });

    describe('steps of a sign-in', () => {
      it('are found by their token and their purpose alone', async () => {
        const step = newStep(ada);
        await steps.add(step, NOW);
        expect(await steps.find(step.tokenHash, 'passkey')).toEqual(step);
        expect(await steps.find(step.tokenHash, 'second-factor')).toBeUndefined();
        expect(await steps.find(newId(), 'passkey')).toBeUndefined();
      });

      it('may be nobody’s yet', async () => {
        const step = newStep(undefined);
        await steps.add(step, NOW);
        expect(await steps.find(step.tokenHash, 'passkey')).toEqual(step);
      });

      it('are used once, also when two use them at the same moment', async () => {
        const step = newStep(ada);
        await steps.add(step, NOW);
        const uses = await Promise.all([steps.delete(step.tokenHash), steps.delete(step.tokenHash)]);
        expect(uses.toSorted()).toEqual([false, true]);
        expect(await steps.find(step.tokenHash, 'passkey')).toBeUndefined();
      });

      it('take so many guesses and no more, also at the same moment', async () => {
        const step = newStep(ada);
        await steps.add(step, NOW);
        const guesses = await Promise.all(Array.from({ length: 8 }, () => steps.countGuess(step.tokenHash, 5)));
        expect(guesses.filter(Boolean)).toHaveLength(5);
        expect((await steps.find(step.tokenHash, 'passkey'))?.failures).toBe(5);
        expect(await steps.countGuess(newId(), 5)).toBe(false);
      });

      it('end with somebody’s password, and those of others do not', async () => {
        const [first, second, others, nobodys] = [newStep(ada), newStep(ada), newStep(bo), newStep(undefined)];
        for (const step of [first, second, others, nobodys]) await steps.add(step, NOW);
        await steps.deleteOf(ada);
        for (const step of [first, second]) expect(await steps.find(step.tokenHash, 'passkey')).toBeUndefined();
        for (const step of [others, nobodys]) expect(await steps.find(step.tokenHash, 'passkey')).toEqual(step);
      });

      it('that are over are forgotten when another one begins', async () => {
        const over = { ...newStep(ada), expiresAt: NOW };
        const open = newStep(bo);
        await steps.add(over, NOW);
        await steps.add(open, NOW);
        expect(await steps.find(over.tokenHash, 'passkey')).toBeDefined();
        await steps.add(newStep(bo), new Date(NOW.getTime() + 1));
        expect(await steps.find(over.tokenHash, 'passkey')).toBeUndefined();
        expect(await steps.find(open.tokenHash, 'passkey')).toBeDefined();
      });
    });

    describe('a secret of an authenticator app', () => {
      const secret = Buffer.from('wrapped');

      it('waits for its confirmation, and may be replaced until then', async () => {
        expect(await store.findTotp(ada)).toBeUndefined();
        expect(await store.putUnconfirmedTotp(ada, Buffer.from('older'), NOW)).toBe(true);
        expect((await store.findTotp(ada))?.begunAt).toEqual(NOW);
        expect(await store.putUnconfirmedTotp(ada, secret, LATER)).toBe(true);
        expect((await store.findTotp(ada))?.begunAt).toEqual(LATER);
        expect(await store.confirmTotp(ada, Buffer.from('older'), 7, NOW)).toBe(false);
        expect(await store.takeTotpStep(ada, 7)).toBe(false);
        expect(await store.methodsOf(ada, [ada.userId])).toEqual(new Map());
        expect(await store.confirmTotp(ada, secret, 7, NOW)).toBe(true);
        expect(await store.confirmTotp(ada, secret, 8, NOW)).toBe(false);
        expect(await store.putUnconfirmedTotp(ada, Buffer.from('another'), NOW)).toBe(false);
        const found = await store.findTotp(ada);
        expect(found).toMatchObject({ ...ada, confirmedAt: NOW, lastUsedStep: 7 });
        expect(Buffer.from(found?.wrappedSecret ?? []).toString()).toBe('wrapped');
        expect(await store.findTotp(bo)).toBeUndefined();
      });

      it('takes each time step once, none that is older, and none twice at the same moment', async () => {
        await store.putUnconfirmedTotp(ada, secret, NOW);
        await store.confirmTotp(ada, secret, 7, NOW);
        expect(await store.takeTotpStep(ada, 7)).toBe(false);
        expect(await store.takeTotpStep(ada, 6)).toBe(false);
        const uses = await Promise.all([store.takeTotpStep(ada, 9), store.takeTotpStep(ada, 9)]);
        expect(uses.toSorted()).toEqual([false, true]);
        expect(await store.takeTotpStep(ada, 8)).toBe(false);
        expect(await store.takeTotpStep(bo, 10)).toBe(false);
      });

      it('is deleted', async () => {
        await store.putUnconfirmedTotp(ada, secret, NOW);
        expect(await store.deleteTotp(bo)).toBe(false);
        expect(await store.deleteTotp(ada)).toBe(true);
        expect(await store.deleteTotp(ada)).toBe(false);
      });
    });

    describe('recovery codes', () => {
      it('are used once, also when two use one at the same moment', async () => {
        await store.replaceRecoveryCodes(ada, ['one', 'two']);
        const uses = await Promise.all([store.deleteRecoveryCode(ada, 'one'), store.deleteRecoveryCode(ada, 'one')]);
        expect(uses.toSorted()).toEqual([false, true]);
        expect(await store.countRecoveryCodes(ada)).toBe(1);
        expect(await store.deleteRecoveryCode(bo, 'two')).toBe(false);
      });

      it('are replaced together', async () => {
        await store.replaceRecoveryCodes(ada, ['one', 'two']);
        await store.replaceRecoveryCodes(ada, ['three']);
        expect(await store.countRecoveryCodes(ada)).toBe(1);
        expect(await store.deleteRecoveryCode(ada, 'one')).toBe(false);
        await store.replaceRecoveryCodes(ada, []);
        expect(await store.countRecoveryCodes(ada)).toBe(0);
        expect(await store.countRecoveryCodes(bo)).toBe(0);
      });
    });

    describe('passkeys', () => {
      it('are found by their credential, and listed for whom they belong to', async () => {
        const [older, newer] = [newPasskey(ada), newPasskey(ada, { createdAt: LATER })];
        for (const passkey of [newer, older, newPasskey(bo)]) await store.addPasskey(passkey);
        expect(await store.findPasskey(older.credentialId)).toEqual(older);
        expect(await store.findPasskey('nobody’s')).toBeUndefined();
        expect(await store.listPasskeys(ada)).toEqual([older, newer]);
      });

      it('belong to one person only', async () => {
        const passkey = newPasskey(ada);
        await store.addPasskey(passkey);
        await expect(store.addPasskey(newPasskey(bo, { credentialId: passkey.credentialId }))).rejects.toMatchObject({
          code: 'already-exists',
        });
      });

      it('count up when they are used, or do not count at all', async () => {
        const counting = newPasskey(ada);
        await store.addPasskey(counting);
        expect(await store.recordPasskeyUse(counting, 5, LATER)).toBe(true);
        expect(await store.recordPasskeyUse(counting, 5, LATER)).toBe(false);
        expect(await store.recordPasskeyUse(counting, 0, LATER)).toBe(false);
        expect(await store.findPasskey(counting.credentialId)).toEqual({ ...counting, counter: 5, lastUsedAt: LATER });
        const silent = newPasskey(ada, { counter: 0 });
        await store.addPasskey(silent);
        expect(await store.recordPasskeyUse(silent, 0, LATER)).toBe(true);
      });

      it('are deleted by whom they belong to', async () => {
        const passkey = newPasskey(ada);
        await store.addPasskey(passkey);
        expect(await store.deletePasskey(bo, passkey.id)).toBe(false);
        expect(await store.deletePasskey(ada, passkey.id)).toBe(true);
        expect(await store.deletePasskey(ada, passkey.id)).toBe(false);
      });
    });

    it('tells what people have, and takes all of it away', async () => {
      await store.putUnconfirmedTotp(ada, Buffer.from('wrapped'), NOW);
      await store.confirmTotp(ada, Buffer.from('wrapped'), 7, NOW);
      await store.replaceRecoveryCodes(ada, ['one', 'two']);
      await store.addPasskey(newPasskey(ada));
      await store.addPasskey(newPasskey(bo));
      const house = { accountId: ada.accountId };
      expect(await store.methodsOf(house, [ada.userId, bo.userId, newId()])).toEqual(
        new Map([
          [ada.userId, ['passkey', 'recovery-code', 'totp']],
          [bo.userId, ['passkey']],
        ]),
      );
      expect(await store.deleteAll(house, ada.userId)).toBe(true);
      expect(await store.deleteAll(house, ada.userId)).toBe(false);
      expect(await store.methodsOf(house, [ada.userId, bo.userId])).toEqual(new Map([[bo.userId, ['passkey']]]));
      expect(await store.methodsOf(house, [])).toEqual(new Map());
    });
  });
}

function newStep(membership: Membership | undefined): SignInStep<'passkey'> {
  return {
    id: newId(),
    tokenHash: newId(),
    purpose: 'passkey',
    membership,
    data: { challenge: 'challenge', rpId: 'localhost', origin: 'http://localhost:8080' },
    failures: 0,
    expiresAt: LATER,
  };
}

function newPasskey(membership: Membership, fields: Partial<PasskeyRecord> = {}): PasskeyRecord {
  return {
    id: newId(),
    ...membership,
    name: 'Laptop',
    credentialId: newId(),
    publicKey: Buffer.from('key'),
    counter: 3,
    transports: ['internal', 'hybrid'],
    createdAt: NOW,
    lastUsedAt: null,
    ...fields,
  };
}

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
  return [
    { accountId: account.id, userId: owner.id },
    { accountId: account.id, userId: member.id },
  ];
}
