import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Actor, hashCredential, newId, Secret } from '../../core/index.ts';
import type { OneTimeLink } from './member-store.ts';
import {
  type Hospital,
  ORIGIN,
  openHospital,
  type PeopleHarness,
  refusalOf,
  secret,
  tokenOf,
} from './people-service.conformance.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOT_VALID = 'permission-denied link-not-valid';
const joining = () => ({ name: 'Eve', password: secret() });

/** A link is worth what whoever made it may still do. Over whichever stores. */
export function linkMakersConformance(name: string, open: () => Promise<PeopleHarness>): void {
  describe(`one-time links and who made them, with stores in ${name}`, () => {
    let hospital: Hospital;
    beforeEach(async () => {
      hospital = await openHospital(open);
    });
    afterEach(() => hospital.close());

    /** What each use of the link comes to. */
    async function usesOf(token: Secret): Promise<readonly string[]> {
      const { people } = hospital;
      const uses = [
        () => people.lookAtLink(token, ORIGIN),
        () => people.acceptInvitation(token, joining(), ORIGIN),
        () => people.resetPassword(token, secret(), ORIGIN),
      ];
      const refusals = [];
      for (const use of uses) refusals.push(await refusalOf(use()));
      return refusals;
    }

    async function linksBy(maker: Actor, userId: string): Promise<readonly Secret[]> {
      const { people } = hospital;
      const invitation = await people.invite(maker, { email: `${newId()}@example.org`, role: 'member' });
      const reset = await people.createPasswordReset(maker, userId);
      return [tokenOf(invitation.link), tokenOf(reset.link)];
    }

    /** A link as it would be if it had come in between: the store has it, whatever became of its maker. */
    async function plant(
      createdBy: string,
      meant: { purpose: 'invitation'; role: 'owner' | 'member' } | { purpose: 'password-reset'; userId: string },
    ): Promise<Secret> {
      const { members, ada, clock } = hospital;
      const token = `planted_${newId()}`;
      const createdAt = clock.now();
      const link = {
        ...{ id: newId(), accountId: ada.accountId, tokenHash: hashCredential(token), createdBy, createdAt },
        expiresAt: new Date(createdAt.getTime() + DAY_MS),
        ...(meant.purpose === 'invitation' ? { ...meant, email: `${newId()}@example.org` } : meant),
      } satisfies OneTimeLink;
      await members.addLink({ accountId: ada.accountId }, link);
      return new Secret(token);
    }

    it('sets no password of somebody who has become an owner, by an administrator’s link', async () => {
      const { people, ada, join, signIn } = hospital;
      const { actor: administrator } = await join('administrator');
      const { actor: member, email } = await join('member');
      const { link } = await people.createPasswordReset(administrator, member.userId);
      await people.change(ada, member.userId, { role: 'owner' });
      expect(await usesOf(tokenOf(link))).toEqual(Array(3).fill(NOT_VALID));
      const planted = await plant(administrator.userId, { purpose: 'password-reset', userId: member.userId });
      expect(await usesOf(planted)).toEqual(Array(3).fill(NOT_VALID));
      await signIn(email);
    });

    it('ends links for a new password with any other role', async () => {
      const { people, members, ada, join } = hospital;
      const { actor } = await join('member');
      const { link } = await people.createPasswordReset(ada, actor.userId);
      await people.change(ada, actor.userId, { role: 'billing-viewer' });
      expect(await usesOf(tokenOf(link))).toEqual(Array(3).fill(NOT_VALID));
      expect(await members.listLinks({ accountId: ada.accountId }, 'password-reset')).toEqual([]);
    });

    it.each([
      ['removed', (by: Actor, id: string) => hospital.people.remove(by, id)],
      ['suspended', (by: Actor, id: string) => hospital.people.change(by, id, { isSuspended: true })],
      ['demoted', (by: Actor, id: string) => hospital.people.change(by, id, { role: 'member' })],
    ])('are gone when whoever made them is %s', async (_, end) => {
      const { people, members, ada, join } = hospital;
      const { actor: colleague } = await join('member');
      const kept = tokenOf((await people.invite(ada, { email: 'kept@example.org', role: 'member' })).link);
      for (const role of ['administrator', 'owner'] as const) {
        const { actor: maker } = await join(role);
        const tokens = await linksBy(maker, colleague.userId);
        await end(ada, maker.userId);
        expect((await people.listInvitations(ada)).map(({ email }) => email)).toEqual(['kept@example.org']);
        expect(await members.listLinks({ accountId: ada.accountId }, 'password-reset')).toEqual([]);
        for (const token of tokens) expect(await usesOf(token)).toEqual(Array(3).fill(NOT_VALID));
      }
      await people.acceptInvitation(kept, joining(), ORIGIN);
    });

    it('are gone with an owner who steps down or leaves by themselves', async () => {
      const { people, ada, join } = hospital;
      for (const leave of [
        (actor: Actor) => people.change(actor, actor.userId, { role: 'administrator' }),
        (actor: Actor) => people.remove(actor, actor.userId),
      ]) {
        const { actor } = await join('owner');
        const { link } = await people.invite(actor, { email: 'eve@example.org', role: 'owner' });
        await leave(actor);
        expect(await people.listInvitations(ada)).toEqual([]);
        expect(await usesOf(tokenOf(link))).toEqual(Array(3).fill(NOT_VALID));
      }
    });

    it('stay when whoever made them may do more now', async () => {
      const { people, ada, join } = hospital;
      const { actor: maker } = await join('administrator');
      const { link } = await people.invite(maker, { email: 'bo@example.org', role: 'member' });
      await people.change(ada, maker.userId, { role: 'owner' });
      await people.acceptInvitation(tokenOf(link), joining(), ORIGIN);
    });

    it('are asked again at each use, whether their maker is there and reaches so far', async () => {
      const { members, ada, join } = hospital;
      const [{ actor: administrator }, { actor: member }] = [await join('administrator'), await join('member')];
      const { actor: suspended } = await join('owner');
      const house = { accountId: ada.accountId };
      await members.changeMember(house, suspended.userId, { suspendedAt: new Date() });
      const dead = [
        ...[newId(), member.userId, suspended.userId].flatMap((maker) => [
          plant(maker, { purpose: 'invitation', role: 'member' }),
          plant(maker, { purpose: 'password-reset', userId: administrator.userId }),
        ]),
        plant(administrator.userId, { purpose: 'invitation', role: 'owner' }),
        plant(administrator.userId, { purpose: 'password-reset', userId: ada.userId }),
      ];
      for (const token of await Promise.all(dead)) expect(await usesOf(token)).toEqual(Array(3).fill(NOT_VALID));
      const good = await plant(administrator.userId, { purpose: 'password-reset', userId: member.userId });
      await hospital.people.resetPassword(good, secret(), ORIGIN);
    });
  });
}
