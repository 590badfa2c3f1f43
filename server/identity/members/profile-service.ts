import type { Audit } from '../../audit/index.ts';
import { type Actor, AppError, type Authorize, type Clock, type Secret } from '../../core/index.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { OwnPassword } from '../sign-in/own-password.ts';
import { hashPassword } from '../sign-in/password.ts';
import { requireLoginSession } from '../sign-in/reauthentication.ts';
import type { SecondFactorState } from '../sign-in/second-factors.ts';
import type { SignInStepStore } from '../sign-in/sign-in-step-store.ts';
import type { Member, MemberStore } from './member-store.ts';
import type { PeopleLinks, PersonRole } from './people-links.ts';

/** Port: the actor's own second factors. */
export type SecondFactorStates = { state(actor: Actor): Promise<SecondFactorState> };

/** What a person sees of themselves. */
export type OwnProfile = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly hasPassword: boolean;
  readonly passwordChangedAt: Date | null;
  readonly secondFactor: SecondFactorState;
};

/** What people do with their own sign-in. Service IDs have none. */
export type ProfileService = {
  get(actor: Actor): Promise<OwnProfile>;
  rename(actor: Actor, name: string): Promise<OwnProfile>;
  /**
   * Ends every other login session of the person, and the sign-ins that are not finished.
   * @throws AppError `invalid-argument`, reason `password-refused`, when the current password is another one; `resource-exhausted` after
   *   many guesses.
   */
  changePassword(actor: Actor, passwords: { readonly current: Secret; readonly next: Secret }): Promise<void>;
};

export function createProfileService(parts: {
  readonly authorize: Authorize;
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly secondFactors: SecondFactorStates;
  readonly signInSteps: Pick<SignInStepStore, 'deleteOf'>;
  readonly links: Pick<PeopleLinks, 'deletePasswordResets'>;
  readonly ownPassword: OwnPassword;
  readonly audit: Audit;
  readonly clock: Clock;
}): ProfileService {
  const { authorize, members, credentials, secondFactors, signInSteps, links, ownPassword, audit, clock } = parts;

  async function profileOf(actor: Actor, member: Member | undefined): Promise<OwnProfile> {
    if (member === undefined || member.email === null || member.role === 'service') throw notMember();
    const { id, name, email, role, passwordHash, passwordChangedAt } = member;
    const secondFactor = await secondFactors.state(actor);
    return { id, name, email, role, hasPassword: passwordHash !== null, passwordChangedAt, secondFactor };
  }

  async function proveCurrent(actor: Actor, member: Member, current: Secret): Promise<void> {
    if (!(await ownPassword.isRight(member, current))) {
      await audit.record(actor, { ...changeOf(actor), outcome: 'failure' });
      throw new AppError('invalid-argument', 'The current password is not right.', {
        details: {
          reason: 'password-refused',
          fields: [{ field: 'currentPassword', message: 'is not the current password' }],
        },
      });
    }
  }

  return {
    async get(actor) {
      await authorize(actor, { action: 'manage-own-sign-in' });
      return profileOf(actor, await members.findMember(membershipOf(actor)));
    },
    async rename(actor, name) {
      await authorize(actor, { action: 'manage-own-sign-in' });
      const event = {
        action: 'person.change',
        target: { type: 'person', id: actor.userId },
        details: { fields: ['name'] },
      } as const;
      const changed = await audit.change(actor, event, async () => {
        const done = await members.changeMember(actor, actor.userId, { name });
        if (done === undefined) throw notMember();
        return done;
      });
      return profileOf(actor, changed.after);
    },
    async changePassword(actor, { current, next }) {
      await authorize(actor, { action: 'manage-own-sign-in' });
      requireLoginSession(actor);
      const member = await members.findMember(membershipOf(actor));
      if (member === undefined) throw notMember();
      if (member.passwordHash === null) {
        throw new AppError(
          'failed-precondition',
          'You have no password: you sign in through your organisation’s identity provider. An administrator can make a link that sets one.',
          { details: { reason: 'no-password' } },
        );
      }
      await proveCurrent(actor, member, current);
      const passwordHash = await hashPassword(next);
      await audit.change(actor, changeOf(actor), async () => {
        await members.changeMember(actor, actor.userId, { passwordHash, passwordChangedAt: clock.now() });
        await credentials.deleteLoginSessions(actor, actor.userId, actor.credentialId);
        await signInSteps.deleteOf(membershipOf(actor));
        await links.deletePasswordResets(actor, actor.userId);
      });
    },
  };
}

function changeOf({ userId }: Actor) {
  return { action: 'password.change', target: { type: 'person', id: userId } } as const;
}

function membershipOf({ accountId, userId }: Actor) {
  return { accountId, userId };
}

function notMember(): AppError {
  return new AppError('unauthenticated', 'You are no longer a member of this account.');
}
