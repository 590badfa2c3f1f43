import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashCredential, isAppError, newId, Secret } from '../../core/index.ts';
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
const OTHER_PASSWORD = 'another horse another battery';
const NOT_VALID = 'permission-denied link-not-valid';

/** What one-time links must do, over whichever stores. */
export function peopleLinksConformance(name: string, open: () => Promise<PeopleHarness>): void {
  describe(`one-time links with stores in ${name}`, () => {
    let hospital: Hospital;
    beforeEach(async () => {
      hospital = await openHospital(open);
    });
    afterEach(() => hospital.close());

    describe('an invitation', () => {
      it('says what it is for, makes a member, and signs them in', async () => {
        const { people, service, ada, signIn } = hospital;
        const created = await people.invite(ada, { email: 'Bo@Example.org', role: 'administrator' });
        expect(created.wasSent).toBe(false);
        expect(created.link.expose()).toMatch(/^https:\/\/cloister\.example\/invitation#token=invite_[\w-]{43}$/);
        expect(await people.lookAtLink(tokenOf(created.link), ORIGIN)).toEqual({
          purpose: 'invitation',
          accountName: 'Hospital',
          email: 'bo@example.org',
          role: 'administrator',
          expiresAt: created.expiresAt,
        });
        const login = await people.acceptInvitation(tokenOf(created.link), { name: 'Bo', password: secret() }, ORIGIN);
        const actor = await service.actorOfSession(login.token);
        expect(actor).toMatchObject({ accountId: ada.accountId, accountRole: 'administrator' });
        expect(await service.getProfile(actor)).toMatchObject({ user: { name: 'Bo', email: 'bo@example.org' } });
        expect((await signIn('bo@example.org')).actor.userId).toBe(actor.userId);
      });

      it('is recorded: who invited whom to what, and that they came by the link', async () => {
        const { people, ada, events } = hospital;
        const { link } = await people.invite(ada, { email: 'bo@example.org', role: 'member' });
        const [invitation] = await people.listInvitations(ada);
        const { actor } = await people.acceptInvitation(tokenOf(link), { name: 'Bo', password: secret() }, ORIGIN);
        const seen = (await events(ada.accountId)).slice(2);
        expect(seen).toMatchObject([
          { action: 'person.invite', userId: ada.userId, targetId: invitation?.id, details: { role: 'member' } },
          {
            action: 'person.join',
            userId: actor.userId,
            via: 'one-time-link',
            targetId: actor.userId,
            details: { role: 'member', method: 'password' },
          },
          { action: 'login-session.begin', userId: actor.userId, via: 'login-session' },
        ]);
        expect(JSON.stringify(seen)).not.toMatch(/bo@example|invite_|Bo/);
      });

      it('is kept as a hash alone', async () => {
        const { people, members, ada } = hospital;
        const { link } = await people.invite(ada, { email: 'bo@example.org', role: 'member' });
        const [kept] = await members.listLinks({ accountId: ada.accountId }, 'invitation');
        expect(kept?.tokenHash).toBe(hashCredential(tokenOf(link).expose()));
        expect(JSON.stringify(kept)).not.toContain('invite_');
      });

      it('makes one member of several who use it at the same moment', async () => {
        const { people, ada } = hospital;
        const { link } = await people.invite(ada, { email: 'bo@example.org', role: 'member' });
        const attempts = ['Bo', 'Bob', 'Bobby'].map((name) =>
          refusalOf(people.acceptInvitation(tokenOf(link), { name, password: secret() }, ORIGIN)),
        );
        const outcomes = await Promise.all(attempts);
        expect(outcomes.filter((outcome) => outcome === NOT_VALID)).toHaveLength(2);
        expect(await people.list(ada)).toHaveLength(2);
      });

      it('is told nothing about when it is unknown, used, replaced, expired, or for something else', async () => {
        const { people, ada, clock, join } = hospital;
        const invite = async (email: string) => tokenOf((await people.invite(ada, { email, role: 'member' })).link);
        const used = await invite('bo@example.org');
        const { actor } = await people.acceptInvitation(used, { name: 'Bo', password: secret() }, ORIGIN);
        const replaced = await invite('cy@example.org');
        await invite('cy@example.org');
        const expired = await invite('di@example.org');
        clock.advance(7 * DAY_MS);
        const reset = tokenOf((await people.createPasswordReset(ada, actor.userId)).link);
        await join('member');
        const tokens = [new Secret(`invite_${newId()}`), new Secret('x'), used, replaced, expired, reset];
        const refusals = await Promise.all(
          tokens.map((token) =>
            people
              .acceptInvitation(token, { name: 'Eve', password: secret() }, ORIGIN)
              .catch((error: unknown) => error),
          ),
        );
        expect(new Set(refusals.map((error) => isAppError(error) && `${error.code} ${error.message}`)).size).toBe(1);
        for (const token of tokens.slice(0, -1))
          expect(await refusalOf(people.lookAtLink(token, ORIGIN))).toBe(NOT_VALID);
      });

      it('is refused for somebody who is in the account, and works in another account for the same address', async () => {
        const { people, ada, openLaboratory, service } = hospital;
        expect(await refusalOf(people.invite(ada, { email: 'ADA@example.org', role: 'member' }))).toBe(
          'already-exists email-taken',
        );
        expect(await refusalOf(people.invite(ada, { email: 'nowhere', role: 'member' }))).toBe('invalid-argument');
        const { lin, account } = await openLaboratory();
        const { link } = await people.invite(lin, { email: 'ada@example.org', role: 'member' });
        await people.acceptInvitation(tokenOf(link), { name: 'Ada', password: secret() }, ORIGIN);
        const outcome = await service.signIn({ email: 'ada@example.org', password: secret(), origin: ORIGIN });
        expect(outcome).toMatchObject({ state: 'account-choice' });
        const chosen = { email: 'ada@example.org', password: secret(), origin: ORIGIN, accountId: account.id };
        expect(await service.signIn(chosen)).toMatchObject({ session: { actor: { accountId: account.id } } });
      });

      it('is refused once somebody with its address has come in another way, and stays for the list', async () => {
        const { people, members, ada } = hospital;
        const { link } = await people.invite(ada, { email: 'bo@example.org', role: 'member' });
        const createdAt = new Date('2026-01-01T00:00:00Z');
        await members.addMember(
          { accountId: ada.accountId },
          {
            id: newId(),
            accountId: ada.accountId,
            kind: 'person',
            email: 'bo@example.org',
            name: 'Bo',
            description: '',
            role: 'member',
            passwordHash: null,
            passwordChangedAt: null,
            suspendedAt: null,
            createdAt,
          },
        );
        const joining = { name: 'Bo', password: secret() };
        expect(await refusalOf(people.acceptInvitation(tokenOf(link), joining, ORIGIN))).toBe(
          'already-exists email-taken',
        );
        expect(await people.listInvitations(ada)).toHaveLength(1);
      });

      it('takes no short password, and is not used up by one', async () => {
        const { people, ada } = hospital;
        const { link } = await people.invite(ada, { email: 'bo@example.org', role: 'member' });
        const joining = { name: 'Bo', password: secret('short') };
        expect(await refusalOf(people.acceptInvitation(tokenOf(link), joining, ORIGIN))).toBe('invalid-argument');
        await people.lookAtLink(tokenOf(link), ORIGIN);
      });
    });

    describe('a password reset', () => {
      it('sets the password, once, and signs the person out everywhere', async () => {
        const { people, service, ada, join, signIn, eventsOf } = hospital;
        const { actor, token, email } = await join('member');
        const created = await people.createPasswordReset(ada, actor.userId);
        expect(created.link.expose()).toMatch(/^https:\/\/cloister\.example\/password-reset#token=reset_[\w-]{43}$/);
        expect(await people.lookAtLink(tokenOf(created.link), ORIGIN)).toEqual({
          purpose: 'password-reset',
          accountName: 'Hospital',
          email,
          expiresAt: created.expiresAt,
        });
        await service.actorOfSession(token);
        await people.resetPassword(tokenOf(created.link), secret(OTHER_PASSWORD), ORIGIN);
        expect(await refusalOf(service.actorOfSession(token))).toBe('unauthenticated session-expired');
        expect(await refusalOf(signIn(email))).toBe('unauthenticated sign-in-refused');
        await signIn(email, OTHER_PASSWORD);
        expect(await refusalOf(people.resetPassword(tokenOf(created.link), secret(), ORIGIN))).toBe(NOT_VALID);
        expect(await eventsOf('password-reset.create')).toMatchObject([{ userId: ada.userId, targetId: actor.userId }]);
        expect(await eventsOf('password-reset.use')).toMatchObject([
          { userId: actor.userId, via: 'one-time-link', targetId: actor.userId },
        ]);
      });

      it('works for one of two who use it at the same moment', async () => {
        const { people, ada, join, signIn } = hospital;
        const { actor, email } = await join('member');
        const { link } = await people.createPasswordReset(ada, actor.userId);
        const passwords = [OTHER_PASSWORD, `${OTHER_PASSWORD} too`];
        const outcomes = await Promise.all(
          passwords.map((password) => refusalOf(people.resetPassword(tokenOf(link), secret(password), ORIGIN))),
        );
        expect(outcomes.filter((outcome) => outcome === NOT_VALID)).toHaveLength(1);
        await signIn(email, passwords[outcomes.indexOf('not refused: undefined')]);
      });

      it('is good for a day, takes the place of an earlier one, and resets nothing when it is an invitation', async () => {
        const { people, ada, join, clock } = hospital;
        const { actor } = await join('member');
        const earlier = tokenOf((await people.createPasswordReset(ada, actor.userId)).link);
        const later = tokenOf((await people.createPasswordReset(ada, actor.userId)).link);
        const invitation = tokenOf((await people.invite(ada, { email: 'cy@example.org', role: 'member' })).link);
        await people.lookAtLink(later, ORIGIN);
        clock.advance(DAY_MS);
        for (const token of [earlier, later, invitation])
          expect(await refusalOf(people.resetPassword(token, secret(OTHER_PASSWORD), ORIGIN))).toBe(NOT_VALID);
      });
    });

    it('slow down whoever tries very many, nobody else, and nobody who signs in', async () => {
      const { people, ada, clock, signIn } = hospital;
      const { link } = await people.invite(ada, { email: 'bo@example.org', role: 'member' });
      const guess = () => refusalOf(people.lookAtLink(new Secret(`invite_${newId()}`), ORIGIN));
      for (let guesses = 0; guesses < 300; guesses += 1) expect(await guess()).toBe(NOT_VALID);
      expect(await guess()).toBe('resource-exhausted too-many-requests');
      expect(await refusalOf(people.lookAtLink(tokenOf(link), ORIGIN))).toBe('resource-exhausted too-many-requests');
      expect(await refusalOf(signIn('nobody@example.org'))).toBe('unauthenticated sign-in-refused');
      await people.lookAtLink(tokenOf(link), { ...ORIGIN, address: '203.0.113.9' });
      clock.advance(60_000);
      await people.lookAtLink(tokenOf(link), ORIGIN);
    });
  });
}
