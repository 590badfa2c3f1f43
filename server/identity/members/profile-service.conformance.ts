import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Actor, newId } from '../../core/index.ts';
import {
  type Hospital,
  ORIGIN,
  openHospital,
  PASSWORD,
  type PeopleHarness,
  refusalOf,
  secret,
  tokenOf,
} from './people-service.conformance.ts';

const OTHER_PASSWORD = 'another horse another battery';
const DAY_MS = 24 * 60 * 60 * 1000;

/** What one's own profile, and accounts, must do, over whichever stores. */
export function profileServiceConformance(name: string, open: () => Promise<PeopleHarness>): void {
  describe(`one’s own profile with stores in ${name}`, () => {
    let hospital: Hospital;
    beforeEach(async () => {
      hospital = await openHospital(open);
    });
    afterEach(() => hospital.close());
    const passwords = (current: string, next: string) => ({ current: secret(current), next: secret(next) });

    it('says who one is and how one signs in, and takes another name', async () => {
      const { identity, join, eventsOf } = hospital;
      const { actor, email } = await join('billing-viewer');
      const profile = await identity.profiles.get(actor);
      expect(profile).toMatchObject({
        id: actor.userId,
        name: 'billing-viewer',
        email,
        role: 'billing-viewer',
        hasPassword: true,
        secondFactor: { totp: false, passkeys: 0, recoveryCodesLeft: 0 },
      });
      expect(await identity.profiles.rename(actor, 'Bo')).toEqual({ ...profile, name: 'Bo' });
      expect(await identity.profiles.get(actor)).toEqual({ ...profile, name: 'Bo' });
      expect(await eventsOf('person.change')).toMatchObject([
        { userId: actor.userId, targetId: actor.userId, details: { fields: ['name'] } },
      ]);
    });

    it('changes the password, ends the other sessions and the links that would set one', async () => {
      const { identity, people, service, ada, join, signIn, eventsOf } = hospital;
      const { token: elsewhere, email } = await join('member');
      const here = await signIn(email);
      const actor = await service.actorOfSession(here.token);
      const { link } = await people.createPasswordReset(ada, actor.userId);
      await identity.profiles.changePassword(actor, passwords(PASSWORD, OTHER_PASSWORD));
      expect(await refusalOf(service.actorOfSession(elsewhere))).toBe('unauthenticated session-expired');
      await service.actorOfSession(here.token);
      expect(await refusalOf(people.lookAtLink(tokenOf(link), ORIGIN))).toBe('permission-denied link-not-valid');
      expect(await refusalOf(signIn(email))).toBe('unauthenticated sign-in-refused');
      await signIn(email, OTHER_PASSWORD);
      expect(await eventsOf('password.change')).toMatchObject([
        { userId: actor.userId, targetId: actor.userId, outcome: 'success' },
      ]);
    });

    it('asks for the current password, and slows down whoever guesses it', async () => {
      const { identity, join, signIn, eventsOf } = hospital;
      const { actor, email } = await join('member');
      const guess = () =>
        refusalOf(identity.profiles.changePassword(actor, passwords('a wrong guess', OTHER_PASSWORD)));
      for (let guesses = 0; guesses < 6; guesses += 1) expect(await guess()).toBe('invalid-argument password-refused');
      expect(await guess()).toBe('resource-exhausted sign-in-throttled');
      await signIn(email);
      expect((await eventsOf('password.change')).map(({ outcome }) => outcome)).toEqual(Array(6).fill('failure'));
    });

    it('takes the password of somebody whose address others use to guess at many', async () => {
      const { identity, join, signIn } = hospital;
      const { actor } = await join('member');
      const refusals: string[] = [];
      for (let guess = 0; guess < 52; guess += 1)
        refusals.push(await refusalOf(signIn(`nobody-${guess}@example.org`, 'a wrong guess')));
      expect(refusals.at(-1)).toBe('resource-exhausted sign-in-throttled');
      await identity.profiles.changePassword(actor, passwords(PASSWORD, OTHER_PASSWORD));
    });

    it('takes no short password, and changes nothing then', async () => {
      const { identity, join, signIn } = hospital;
      const { actor, email } = await join('member');
      expect(await refusalOf(identity.profiles.changePassword(actor, passwords(PASSWORD, 'short')))).toBe(
        'invalid-argument',
      );
      await signIn(email);
    });

    it('is nothing that a service ID or a limited key has', async () => {
      const { identity, service, ada } = hospital;
      const robot = await identity.serviceIds.create(ada, { name: 'Nightly import', description: '' });
      const { key } = await identity.serviceIds.createApiKey(ada, robot.id, { name: 'k' });
      const limited = await service.createApiKey(ada, { name: 'k', scope: { inferenceOnly: true } });
      for (const actor of [await service.actorOfApiKey(key), await service.actorOfApiKey(limited.key)]) {
        for (const attempt of attemptsOf(actor)) expect(await refusalOf(attempt())).toMatch(/^permission-denied/);
      }
      function attemptsOf(actor: Actor) {
        return [
          () => identity.profiles.get(actor),
          () => identity.profiles.rename(actor, 'x'),
          () => identity.profiles.changePassword(actor, passwords(PASSWORD, OTHER_PASSWORD)),
          () => identity.people.list(actor),
          () => identity.accounts.get(actor),
          () => identity.accounts.rename(actor, 'x'),
        ];
      }
    });
  });

  describe(`accounts with stores in ${name}`, () => {
    let hospital: Hospital;
    beforeEach(async () => {
      hospital = await openHospital(open);
    });
    afterEach(() => hospital.close());

    it('are seen by their members, and renamed by those who manage them', async () => {
      const { identity, ada, join, eventsOf } = hospital;
      const { actor: member } = await join('member');
      expect(await identity.accounts.get(member)).toMatchObject({ id: ada.accountId, name: 'Hospital' });
      expect(await identity.accounts.rename(ada, 'Clinic')).toMatchObject({ id: ada.accountId, name: 'Clinic' });
      expect(await refusalOf(identity.accounts.rename(member, 'Mine'))).toBe('permission-denied');
      expect(await identity.accounts.get(member)).toMatchObject({ name: 'Clinic' });
      expect(await eventsOf('account.change')).toMatchObject([{ userId: ada.userId, details: { fields: ['name'] } }]);
    });

    it('are made and listed by the operator, with an invitation for the first owner', async () => {
      const { identity, ada, clock, openLaboratory, events } = hospital;
      clock.advance(1000);
      const { account, lin } = await openLaboratory();
      expect(lin.accountId).toBe(account.id);
      expect((await identity.accounts.list(ada)).map((one) => one.name)).toEqual(['Hospital', 'Laboratory']);
      expect(await identity.accounts.get(lin)).toEqual(account);
      expect((await identity.people.list(lin)).map(({ role }) => role)).toEqual(['owner']);
      expect(await events(account.id)).toMatchObject([
        { action: 'person.invite', userId: '', via: 'control-socket', details: { role: 'owner' } },
        { action: 'account.create', userId: '', via: 'control-socket', targetId: account.id },
        { action: 'person.join', userId: lin.userId },
        { action: 'login-session.begin' },
      ]);
    });

    it('get another invitation of their first owner when nobody came by the last one', async () => {
      const { identity, people, ada, clock, service, eventsOf } = hospital;
      const request = { name: 'Laboratory', ownerEmail: 'lni@example.org' };
      const { account, invitation } = await identity.accounts.create(ada, request);
      const [mistyped] = await hospital.members.listLinks({ accountId: account.id }, 'invitation');
      const again = await identity.accounts.inviteOwner(ada, account.id, ' Lin@Example.org');
      const [waiting] = await hospital.members.listLinks({ accountId: account.id }, 'invitation');
      clock.advance(7 * DAY_MS);
      const last = await identity.accounts.inviteOwner(ada, account.id, 'lin@example.org');
      for (const { link } of [invitation, again])
        expect(await refusalOf(people.lookAtLink(tokenOf(link), ORIGIN))).toBe('permission-denied link-not-valid');
      const joined = await people.acceptInvitation(tokenOf(last.link), { name: 'Lin', password: secret() }, ORIGIN);
      expect(await service.actorOfSession(joined.token)).toMatchObject({ accountId: account.id, accountRole: 'owner' });
      const byOperator = { userId: '', via: 'control-socket' };
      // One that had expired was nothing any more.
      expect(await eventsOf('invitation.revoke', account.id)).toMatchObject([
        { ...byOperator, targetId: mistyped?.id },
      ]);
      expect(await eventsOf('person.invite', account.id)).toMatchObject([
        { ...byOperator, targetId: mistyped?.id, details: { role: 'owner' } },
        { ...byOperator, targetId: waiting?.id, details: { role: 'owner' } },
        { ...byOperator, details: { role: 'owner' } },
      ]);
    });

    it('get no owner from outside once somebody is in them', async () => {
      const { identity, people, ada, openLaboratory } = hospital;
      const { account, lin } = await openLaboratory();
      await people.invite(lin, { email: 'kim@example.org', role: 'member' });
      for (const id of [account.id, ada.accountId])
        expect(await refusalOf(identity.accounts.inviteOwner(ada, id, 'eve@example.org'))).toBe(
          'failed-precondition account-has-people',
        );
      expect((await people.listInvitations(lin)).map(({ email }) => email)).toEqual(['kim@example.org']);
      for (const id of [newId(), 'x'])
        expect(await refusalOf(identity.accounts.inviteOwner(ada, id, 'eve@example.org'))).toBe(
          'not-found account-not-found',
        );
    });

    it('are nobody’s but the operator’s to make and to list, whatever their role', async () => {
      const { identity, ada, signIn } = hospital;
      const { actor } = await signIn('ada@example.org');
      const request = { name: 'Mine', ownerEmail: 'me@example.org' };
      expect(await refusalOf(identity.accounts.create(actor, request))).toBe('permission-denied operator-only');
      expect(await refusalOf(identity.accounts.list(actor))).toBe('permission-denied operator-only');
      const invite = identity.accounts.inviteOwner(actor, actor.accountId, 'me@example.org');
      expect(await refusalOf(invite)).toBe('permission-denied operator-only');
      expect(await identity.accounts.list(ada)).toHaveLength(1);
      expect(await refusalOf(identity.accounts.create(ada, { ...request, ownerEmail: 'nowhere' }))).toBe(
        'invalid-argument',
      );
      expect(await identity.accounts.list(ada)).toHaveLength(1);
    });
  });
}
