import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, newId, Secret } from '../../core/index.ts';
import type { ManualClock } from '../../core/testing.ts';
import type { Identity } from '../create-identity.ts';
import type { MemberStore } from './member-store.ts';
import type { CreatedLink, PersonRole } from './people-links.ts';

export const PASSWORD = 'correct horse battery staple';
export const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };
const DAY_MS = 24 * 60 * 60 * 1000;

/** An event as a test compares it. */
export type SeenEvent = {
  readonly action: string;
  readonly outcome: string;
  readonly userId: string;
  readonly via: string;
  readonly targetId: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
};

export type PeopleHarness = {
  readonly identity: Identity;
  readonly members: MemberStore;
  readonly clock: ManualClock;
  /** What was recorded for the account, oldest first. */
  events(accountId: string): Promise<readonly SeenEvent[]>;
  close(): Promise<void>;
};

/** A deployment with one account, whose owner is Ada; and what tests do with it. */
export async function openHospital(open: () => Promise<PeopleHarness>) {
  const harness = await open();
  const { identity, clock } = harness;
  const { service, people } = identity;
  const administrator = {
    accountName: 'Hospital',
    name: 'Ada',
    email: 'ada@example.org',
    password: new Secret(PASSWORD),
  };
  await service.setUpUnattended(administrator);
  const ada = { ...(await service.administratorActor()), address: ORIGIN.address };

  async function signIn(email: string, password = PASSWORD) {
    const outcome = await service.signIn({ email, password: new Secret(password), origin: ORIGIN });
    if (outcome.state !== 'signed-in') throw new Error(`the sign-in came to ${outcome.state}`);
    return outcome.session;
  }
  /** Somebody new, who was invited and has signed in. */
  async function join(role: PersonRole, by: Actor = ada) {
    const email = `${newId()}@example.org`;
    const { link } = await people.invite(by, { email, role });
    const { actor, token } = await people.acceptInvitation(tokenOf(link), { name: role, password: secret() }, ORIGIN);
    return { actor, token, email };
  }
  /** The owner of another account of the deployment. */
  async function openLaboratory() {
    const request = { name: 'Laboratory', ownerEmail: 'lin@example.org' };
    const { account, invitation } = await identity.accounts.create(ada, request);
    const joining = { name: 'Lin', password: secret() };
    const { actor } = await people.acceptInvitation(tokenOf(invitation.link), joining, ORIGIN);
    return { account, lin: actor };
  }
  const eventsOf = async (action: string, accountId = ada.accountId) =>
    (await harness.events(accountId)).filter((event) => event.action === action);
  return { ...harness, clock, service, people, ada, signIn, join, openLaboratory, eventsOf };
}

export type Hospital = Awaited<ReturnType<typeof openHospital>>;

/** What managing people must do, over whichever stores. */
export function peopleServiceConformance(name: string, open: () => Promise<PeopleHarness>): void {
  describe(`managing people with stores in ${name}`, () => {
    let hospital: Hospital;
    beforeEach(async () => {
      hospital = await openHospital(open);
    });
    afterEach(() => hospital.close());

    it('shows colleagues to everybody, and second factors only to those who manage people', async () => {
      const { people, ada, join } = hospital;
      const { actor: member } = await join('member');
      const { actor: viewer } = await join('billing-viewer');
      const names = ['Ada', 'billing-viewer', 'member'];
      for (const actor of [ada, member, viewer]) {
        const seen = await people.list(actor);
        expect(seen.map((person) => person.name)).toEqual(names);
        expect(seen[0]).toMatchObject({
          email: 'ada@example.org',
          role: 'owner',
          isSuspended: false,
          secondFactors: [],
        });
      }
    });

    it('changes a role, which holds at the next request, and records what it was', async () => {
      const { people, identity, ada, join, eventsOf } = hospital;
      const { actor, token } = await join('member');
      const changed = await people.change(ada, actor.userId, { role: 'administrator' });
      expect(changed).toMatchObject({ id: actor.userId, role: 'administrator' });
      const fresh = await hospital.service.actorOfSession(token);
      await identity.authorize(fresh, { action: 'manage-people' });
      await people.change(ada, actor.userId, { role: 'billing-viewer' });
      const later = await hospital.service.actorOfSession(token);
      expect(await refusalOf(identity.authorize(later, { action: 'manage-people' }))).toBe('permission-denied');
      expect(await eventsOf('person.change')).toMatchObject([
        {
          userId: ada.userId,
          targetId: actor.userId,
          outcome: 'success',
          details: { previousRole: 'member', role: 'administrator', fields: ['role'] },
        },
        { details: { previousRole: 'administrator', role: 'billing-viewer' } },
      ]);
    });

    it('suspends: signs out, stops keys, refuses the sign-in; and gives back all but the sessions', async () => {
      const { people, service, ada, join, signIn, eventsOf } = hospital;
      const { actor, token, email } = await join('member');
      const { key } = await service.createApiKey(actor, { name: 'scripts' });
      const { link } = await people.createPasswordReset(ada, actor.userId);
      expect(await people.change(ada, actor.userId, { isSuspended: true })).toMatchObject({ isSuspended: true });
      expect(await refusalOf(service.actorOfSession(token))).toBe('unauthenticated session-expired');
      expect(await refusalOf(service.actorOfApiKey(key))).toBe('unauthenticated api-key-not-valid');
      expect(await refusalOf(signIn(email))).toBe('unauthenticated sign-in-refused');
      expect(await refusalOf(people.lookAtLink(tokenOf(link), ORIGIN))).toBe('permission-denied link-not-valid');
      expect(await refusalOf(people.createPasswordReset(ada, actor.userId))).toBe(
        'failed-precondition person-suspended',
      );
      await people.change(ada, actor.userId, { isSuspended: false });
      expect(await refusalOf(service.actorOfSession(token))).toBe('unauthenticated session-expired');
      expect((await service.actorOfApiKey(key)).userId).toBe(actor.userId);
      await signIn(email);
      expect((await eventsOf('person.change')).map(({ details }) => details)).toEqual([
        { fields: ['isSuspended'], isSuspended: true },
        { fields: ['isSuspended'], isSuspended: false },
      ]);
    });

    it('removes somebody with everything that is theirs', async () => {
      const { people, service, ada, join, signIn, eventsOf } = hospital;
      const { actor, token, email } = await join('member');
      const { key } = await service.createApiKey(actor, { name: 'scripts' });
      await people.remove(ada, actor.userId);
      expect(await refusalOf(service.actorOfSession(token))).toBe('unauthenticated session-expired');
      expect(await refusalOf(service.actorOfApiKey(key))).toBe('unauthenticated api-key-not-valid');
      expect(await refusalOf(signIn(email))).toBe('unauthenticated sign-in-refused');
      expect((await people.list(ada)).map(({ id }) => id)).toEqual([ada.userId]);
      expect(await refusalOf(people.remove(ada, actor.userId))).toBe('not-found person-not-found');
      expect(await eventsOf('person.remove')).toMatchObject([{ userId: ada.userId, targetId: actor.userId }]);
    });

    it('signs somebody out everywhere, and takes their second factors away', async () => {
      const { people, service, ada, join, signIn, eventsOf } = hospital;
      const { actor, token, email } = await join('member');
      const other = await signIn(email);
      await people.endSessions(ada, actor.userId);
      for (const one of [token, other.token])
        expect(await refusalOf(service.actorOfSession(one))).toBe('unauthenticated session-expired');
      expect(await eventsOf('login-session.end')).toMatchObject([{ userId: ada.userId, targetId: actor.userId }]);
      await people.resetSecondFactor(ada, actor.userId);
      expect(await eventsOf('second-factor.disable')).toMatchObject([{ userId: ada.userId, targetId: actor.userId }]);
    });

    it('lets owners alone decide about owners', async () => {
      const { people, members, ada, join, eventsOf } = hospital;
      const { actor: administrator } = await join('administrator');
      const { actor: member } = await join('member');
      const owner = await members.findMember({ accountId: ada.accountId, userId: ada.userId });
      const attempts = [
        () => people.invite(administrator, { email: 'new@example.org', role: 'owner' }),
        () => people.change(administrator, administrator.userId, { role: 'owner' }),
        () => people.change(administrator, member.userId, { role: 'owner' }),
        () => people.change(administrator, ada.userId, { role: 'member' }),
        () => people.change(administrator, ada.userId, { isSuspended: true }),
        () => people.remove(administrator, ada.userId),
        () => people.endSessions(administrator, ada.userId),
        () => people.createPasswordReset(administrator, ada.userId),
        () => people.resetSecondFactor(administrator, ada.userId),
      ];
      for (const attempt of attempts) expect(await refusalOf(attempt())).toBe('permission-denied owners-only');
      expect(await eventsOf('permission.denied')).toHaveLength(attempts.length);
      expect(await members.findMember({ accountId: ada.accountId, userId: ada.userId })).toEqual(owner);
      expect((await people.list(ada)).filter(({ role }) => role === 'owner')).toHaveLength(1);
      expect(await people.listInvitations(ada)).toEqual([]);
      await people.change(administrator, member.userId, { role: 'governance-administrator' });
    });

    it('resets no sign-in of one’s own, but at the control socket, and none for an API key', async () => {
      const { people, service, ada, join, signIn, eventsOf } = hospital;
      const { actor: member } = await join('member');
      for (const email of ['ada@example.org', (await join('administrator')).email]) {
        const { actor } = await signIn(email);
        for (const attempt of [people.createPasswordReset, people.resetSecondFactor])
          expect(await refusalOf(attempt(actor, actor.userId))).toBe('failed-precondition own-sign-in');
        const { key } = await service.createApiKey(actor, { name: 'scripts' });
        const token = await service.issueAccessToken(key);
        for (const by of [await service.actorOfApiKey(key), await service.actorOfAccessToken(token.accessToken)])
          for (const userId of [member.userId, actor.userId])
            for (const attempt of [people.createPasswordReset, people.resetSecondFactor])
              expect(await refusalOf(attempt(by, userId))).toBe('permission-denied login-session-needed');
        await people.createPasswordReset(actor, member.userId);
        await people.resetSecondFactor(actor, member.userId);
      }
      await people.createPasswordReset(ada, ada.userId);
      await people.resetSecondFactor(ada, ada.userId);
      expect(await eventsOf('password-reset.create')).toHaveLength(3);
      expect(await eventsOf('second-factor.disable')).toHaveLength(3);
    });

    it('lets people who manage nobody change nobody, themselves neither', async () => {
      const { people, ada, join } = hospital;
      const { actor: colleague } = await join('member');
      const { link } = await people.invite(ada, { email: 'new@example.org', role: 'member' });
      const [invitation] = await people.listInvitations(ada);
      for (const role of ['member', 'billing-viewer', 'governance-administrator'] as const) {
        const { actor } = await join(role);
        for (const attempt of [
          () => people.change(actor, actor.userId, { role: 'administrator' }),
          () => people.change(actor, colleague.userId, { isSuspended: true }),
          () => people.remove(actor, colleague.userId),
          () => people.endSessions(actor, colleague.userId),
          () => people.createPasswordReset(actor, colleague.userId),
          () => people.resetSecondFactor(actor, colleague.userId),
          () => people.invite(actor, { email: 'friend@example.org', role: 'member' }),
          () => people.listInvitations(actor),
          () => people.revokeInvitation(actor, invitation?.id ?? ''),
        ]) {
          expect(await refusalOf(attempt())).toBe('permission-denied');
        }
      }
      await people.lookAtLink(tokenOf(link), ORIGIN);
    });

    it('keeps the last owner, and lets owners step down once there is another', async () => {
      const { people, ada, join } = hospital;
      for (const attempt of [
        () => people.change(ada, ada.userId, { role: 'member' }),
        () => people.remove(ada, ada.userId),
      ]) {
        expect(await refusalOf(attempt())).toBe('failed-precondition last-owner');
      }
      expect(await refusalOf(people.change(ada, ada.userId, { isSuspended: true }))).toBe(
        'failed-precondition own-account',
      );
      const { actor: second } = await join('owner');
      await people.change(ada, ada.userId, { role: 'member' });
      expect(await refusalOf(people.remove(second, second.userId))).toBe('failed-precondition last-owner');
    });

    it('changes owners while others are at work, and nobody waits for the other without end', async () => {
      const { people, ada, join } = hospital;
      const { actor: member } = await join('member');
      const owners = [await join('owner'), await join('owner'), await join('owner')];
      const work = owners.flatMap(({ actor }, index) => [
        people.change(ada, actor.userId, { role: 'administrator' }),
        people.invite(ada, { email: `new-${index}@example.org`, role: 'member' }),
        people.endSessions(ada, member.userId),
        people.endSessions(ada, member.userId),
      ]);
      expect(new Set(await Promise.all(work.map(refusalOf)))).not.toContain('unavailable');
      expect(await people.listInvitations(ada)).toHaveLength(3);
      expect((await people.list(ada)).filter(({ role }) => role === 'administrator')).toHaveLength(3);
    });

    it('hands the control socket on when the first owner has left', async () => {
      const { people, service, ada, join } = hospital;
      const { actor: second } = await join('owner');
      await people.remove(second, ada.userId);
      const operator = await service.administratorActor();
      expect(operator).toMatchObject({ userId: second.userId, via: 'control-socket' });
      await people.list(operator);
    });

    it('answers for people of another account as for people who are not there', async () => {
      const { people, ada, openLaboratory } = hospital;
      const { lin } = await openLaboratory();
      await people.invite(lin, { email: 'kim@example.org', role: 'member' });
      const [foreign] = await people.listInvitations(lin);
      const before = await people.list(lin);
      const attempts = [
        (id: string) => people.change(ada, id, { role: 'member' }),
        (id: string) => people.remove(ada, id),
        (id: string) => people.endSessions(ada, id),
        (id: string) => people.createPasswordReset(ada, id),
        (id: string) => people.resetSecondFactor(ada, id),
      ];
      for (const id of [lin.userId, newId(), 'x'])
        for (const attempt of attempts) expect(await messageOf(attempt(id), id)).toBe('There is no person "ID" here.');
      for (const id of [foreign?.id ?? '', newId(), 'x'])
        expect(await messageOf(people.revokeInvitation(ada, id), id)).toBe('There is no invitation "ID" here.');
      expect(await people.list(lin)).toEqual(before);
      expect(await people.listInvitations(lin)).toHaveLength(1);
      expect((await people.list(ada)).map(({ id }) => id)).toEqual([ada.userId]);
      expect(await people.listInvitations(ada)).toEqual([]);
    });

    it('treats a service ID as no person', async () => {
      const { people, identity, ada } = hospital;
      const robot = await identity.serviceIds.create(ada, { name: 'Nightly import', description: '' });
      expect(await refusalOf(people.change(ada, robot.id, { isSuspended: true }))).toBe('not-found person-not-found');
      expect((await people.list(ada)).map(({ id }) => id)).toEqual([ada.userId]);
    });

    it('lets owners alone decide about invitations of owners, and records each that is replaced', async () => {
      const { people, ada, clock, join, eventsOf } = hospital;
      const { actor: administrator } = await join('administrator');
      const request = { email: 'bo@example.org', role: 'owner' } as const;
      const { link } = await people.invite(ada, request);
      const [first] = await people.listInvitations(ada);
      for (const attempt of [
        () => people.invite(administrator, { email: ' BO@example.org', role: 'member' }),
        () => people.revokeInvitation(administrator, first?.id ?? ''),
      ]) {
        expect(await refusalOf(attempt())).toBe('permission-denied owners-only');
      }
      expect(await eventsOf('permission.denied')).toHaveLength(2);
      expect(await people.lookAtLink(tokenOf(link), ORIGIN)).toMatchObject({ role: 'owner' });

      await people.invite(ada, { ...request, role: 'member' });
      const [second] = await people.listInvitations(ada);
      await people.invite(administrator, { ...request, role: 'billing-viewer' });
      expect((await people.listInvitations(ada)).map(({ role }) => role)).toEqual(['billing-viewer']);
      expect(await eventsOf('invitation.revoke')).toMatchObject([
        { userId: ada.userId, targetId: first?.id },
        { userId: administrator.userId, targetId: second?.id },
      ]);

      // One that has expired is nothing any more: it is in nobody's way, and nobody revokes it.
      const [third] = await people.listInvitations(ada);
      await people.revokeInvitation(administrator, third?.id ?? '');
      await people.invite(ada, request);
      clock.advance(7 * DAY_MS);
      await people.invite(administrator, { ...request, role: 'member' });
      expect(await eventsOf('invitation.revoke')).toHaveLength(3);
      expect((await people.listInvitations(ada)).map(({ role }) => role)).toEqual(['member']);
    });

    it('lists invitations that wait, until they are used, revoked or a week old', async () => {
      const { people, ada, clock, eventsOf } = hospital;
      const first = await people.invite(ada, { email: ' Bo@Example.org ', role: 'member' });
      clock.advance(1000);
      await people.invite(ada, { email: 'cy@example.org', role: 'administrator' });
      const waiting = await people.listInvitations(ada);
      expect(waiting.map(({ email, role }) => [email, role])).toEqual([
        ['cy@example.org', 'administrator'],
        ['bo@example.org', 'member'],
      ]);
      expect(waiting[1]?.expiresAt.getTime()).toBe(first.expiresAt.getTime());
      await people.revokeInvitation(ada, waiting[1]?.id ?? '');
      expect(await refusalOf(people.lookAtLink(tokenOf(first.link), ORIGIN))).toBe('permission-denied link-not-valid');
      expect(await refusalOf(people.revokeInvitation(ada, waiting[1]?.id ?? ''))).toBe(
        'not-found invitation-not-found',
      );
      expect(await eventsOf('invitation.revoke')).toMatchObject([{ targetId: waiting[1]?.id }]);
      clock.advance(7 * DAY_MS);
      expect(await people.listInvitations(ada)).toEqual([]);
    });
  });
}

export function tokenOf(link: CreatedLink['link']): Secret {
  return new Secret(new URL(link.expose()).hash.replace('#token=', ''));
}

export function secret(text = PASSWORD): Secret {
  return new Secret(text);
}

/** Code and reason of a refusal. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await caughtOf(promise);
  if (!isAppError(error)) return `not refused: ${String(error)}`;
  return error.details.reason === undefined ? error.code : `${error.code} ${error.details.reason}`;
}

async function messageOf(promise: Promise<unknown>, id: string): Promise<string> {
  const error = await caughtOf(promise);
  return isAppError(error) ? error.message.replace(`"${id}"`, '"ID"') : `not refused: ${String(error)}`;
}

function caughtOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
}
