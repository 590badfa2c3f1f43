import type { Audit } from '../../audit/index.ts';
import {
  type AccountRole,
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  notFound,
  type Secret,
} from '../../core/index.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { LoginSession, LoginSessions, RequestOrigin } from '../credentials/login-sessions.ts';
import type { SecondFactorMethod } from '../sign-in/password-sign-in.ts';
import { requireLoginSession } from '../sign-in/reauthentication.ts';
import type { Member, MemberChange, MemberStore } from './member-store.ts';
import type { Joining, LinkPurpose, PeopleLinkUse } from './people-link-use.ts';
import type { CreatedLink, Invitation, PeopleLinks, PersonRole } from './people-links.ts';
import type { PeopleReach } from './people-reach.ts';

/** Port: second factors, as those who manage people need them. */
export type SecondFactorReset = {
  /** Takes everything away that the person could be asked for besides a password, and records it. @param by whoever manages people */
  reset(by: Actor, userId: string): Promise<void>;
  /** What each of them can be asked for; people who have nothing are not in the answer. */
  methodsOf(by: Actor, userIds: readonly string[]): Promise<ReadonlyMap<string, readonly SecondFactorMethod[]>>;
};

/** What colleagues see of a person. */
export type Person = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly isSuspended: boolean;
  /** Only for those who manage people; otherwise empty. */
  readonly secondFactors: readonly SecondFactorMethod[];
  readonly createdAt: Date;
};

export type PersonChange = { readonly role?: PersonRole; readonly isSuspended?: boolean };

/**
 * The people of an account: who is in it, and how they come and go. Owners decide about owners: an administrator makes nobody an owner and
 * changes, suspends, removes or resets none, nor an invitation of one.
 */
export type PeopleService = {
  /** By name. */
  list(actor: Actor): Promise<readonly Person[]>;
  /**
   * Somebody who is suspended is signed out, and no credential of theirs works until they are not. Nobody suspends themselves. Links for a new
   * password of theirs, and those that they made and may no longer make, are gone.
   */
  change(actor: Actor, userId: string, change: PersonChange): Promise<Person>;
  /** Ends everything of theirs: sessions, API keys, roles and grants. What they saved in projects stays. */
  remove(actor: Actor, userId: string): Promise<void>;
  /** Signs them out everywhere. */
  endSessions(actor: Actor, userId: string): Promise<void>;
  /** For somebody else who has lost theirs: they sign in with the password alone then. Takes a login session, as the link below does. */
  resetSecondFactor(actor: Actor, userId: string): Promise<void>;
  /** Newest first; without those that have expired. */
  listInvitations(actor: Actor): Promise<readonly Invitation[]>;
  /** Makes a link that is good for a week and once. It takes the place of an earlier one for the same address. */
  invite(actor: Actor, request: { readonly email: string; readonly role: PersonRole }): Promise<CreatedLink>;
  revokeInvitation(actor: Actor, id: string): Promise<void>;
  /** Makes a link by which somebody else sets a new password; it is good for a day and once, and takes the place of an earlier one. */
  createPasswordReset(actor: Actor, userId: string): Promise<CreatedLink>;

  /**
   * What a link is for. This and the two below need no sign-in: whoever has the link is who is meant.
   * @throws AppError `permission-denied`, reason `link-not-valid`, the same for an unknown, a used and an expired link, and for one whose
   *   maker may not make it any more.
   */
  lookAtLink(token: Secret, origin: RequestOrigin): Promise<LinkPurpose>;
  /** Makes a member of whoever has the link, and signs them in. Of two at once one is refused. */
  acceptInvitation(token: Secret, joining: Joining, origin: RequestOrigin): Promise<LoginSession>;
  /** Sets the password and signs the person out everywhere, sign-ins that are not finished too. API keys and passkeys stay. */
  resetPassword(token: Secret, password: Secret, origin: RequestOrigin): Promise<void>;
};

export function createPeopleService(parts: {
  readonly authorize: Authorize;
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly sessions: LoginSessions;
  readonly secondFactors: SecondFactorReset;
  readonly reach: PeopleReach;
  readonly links: PeopleLinks;
  readonly linkUse: PeopleLinkUse;
  readonly audit: Audit;
  readonly clock: Clock;
}): PeopleService {
  const { authorize, members, credentials, sessions, secondFactors, reach, links, linkUse, audit, clock } = parts;

  async function toPeople(actor: Actor, people: readonly Member[]): Promise<readonly Person[]> {
    const isManager = await reach.managesPeople(actor);
    const ids = people.map(({ id }) => id);
    const methods = isManager ? await secondFactors.methodsOf(actor, ids) : undefined;
    return people.map((member) => toPerson(member, methods?.get(member.id) ?? []));
  }

  return {
    async list(actor) {
      await authorize(actor, { action: 'see-people' });
      return toPeople(actor, await members.listMembers(actor, 'person'));
    },
    async change(actor, userId, change) {
      await authorize(actor, { action: 'manage-people' });
      const by = await reach.requireOver(actor, userId, change.role);
      if (change.isSuspended === true && userId === actor.userId) {
        throw new AppError('failed-precondition', 'You can’t suspend yourself. Ask another owner or administrator.', {
          details: { reason: 'own-account' },
        });
      }
      const { after } = await audit.change(
        actor,
        ({ before, after }) => ({
          action: 'person.change' as const,
          target: { type: 'person' as const, id: userId },
          details: { ...rolesOf(before, after), ...suspensionOf(change), fields: Object.keys(change) },
        }),
        async () => {
          const changed = await members.changeMember(actor, userId, toMemberChange(change, clock.now()));
          if (changed === undefined) throw notFound('person', userId);
          // Whom somebody else has just made an owner.
          by.requireOver(changed.before.role);
          if (change.isSuspended === true) await credentials.deleteLoginSessions(actor, userId);
          return changed;
        },
      );
      const [person] = await toPeople(actor, [after]);
      if (person === undefined) throw notFound('person', userId);
      return person;
    },
    async remove(actor, userId) {
      await authorize(actor, { action: 'manage-people' });
      await reach.requireOver(actor, userId);
      const event = { action: 'person.remove', target: { type: 'person', id: userId } } as const;
      await audit.change(actor, event, async () => {
        if (!(await members.removeMember(actor, userId))) throw notFound('person', userId);
      });
    },
    async endSessions(actor, userId) {
      await authorize(actor, { action: 'manage-people' });
      await reach.requireOver(actor, userId);
      await sessions.endAll(actor, userId);
    },
    async resetSecondFactor(actor, userId) {
      await authorize(actor, { action: 'manage-people' });
      requireMayReset(actor, userId);
      await reach.requireOver(actor, userId);
      await secondFactors.reset(actor, userId);
    },
    async listInvitations(actor) {
      await authorize(actor, { action: 'manage-people' });
      return links.listInvitations(actor);
    },
    async invite(actor, request) {
      await authorize(actor, { action: 'manage-people' });
      const replaced = await links.findInvitation(actor, request.email);
      const by = await reach.requireGiving(actor, request.role, ...(replaced === undefined ? [] : [replaced.role]));
      return links.invite(actor, request, by);
    },
    async revokeInvitation(actor, id) {
      await authorize(actor, { action: 'manage-people' });
      const invitation = (await links.listInvitations(actor)).find((one) => one.id === id);
      if (invitation === undefined) throw notFound('invitation', id);
      await reach.requireGiving(actor, invitation.role);
      await links.revokeInvitation(actor, id);
    },
    async createPasswordReset(actor, userId) {
      await authorize(actor, { action: 'manage-people' });
      requireMayReset(actor, userId);
      const { member } = await reach.requireOver(actor, userId);
      return links.createPasswordReset(actor, member);
    },
    lookAtLink: (token, origin) => linkUse.look(token, origin),
    acceptInvitation: (token, joining, origin) => linkUse.acceptInvitation(token, joining, origin),
    resetPassword: (token, password, origin) => linkUse.resetPassword(token, password, origin),
  };
}

/**
 * A sign-in is not taken over by who has an API key of somebody that manages people, nor one's own by who finds the browser open: oneself
 * proves who one is, on the page of one's settings. Whoever may open the control socket has the machine.
 */
function requireMayReset(actor: Actor, userId: string): void {
  if (actor.via === 'control-socket') return;
  requireLoginSession(actor);
  if (userId !== actor.userId) return;
  throw new AppError(
    'failed-precondition',
    'You can’t reset your own sign-in here: change it in your settings. If you can’t, ask another owner or administrator, or the operator.',
    { details: { reason: 'own-sign-in' } },
  );
}

function toPerson(member: Member, secondFactors: readonly SecondFactorMethod[]): Person {
  const { id, name, email, role, suspendedAt, createdAt } = member;
  if (email === null || role === 'service') throw notFound('person', id);
  return { id, name, email, role, isSuspended: suspendedAt !== null, secondFactors, createdAt };
}

function toMemberChange({ role, isSuspended }: PersonChange, now: Date): MemberChange {
  return {
    ...(role === undefined ? {} : { role }),
    ...(isSuspended === undefined ? {} : { suspendedAt: isSuspended ? now : null }),
  };
}

function suspensionOf({ isSuspended }: PersonChange) {
  return isSuspended === undefined ? {} : { isSuspended };
}

function rolesOf(before: { role: AccountRole }, after: { role: AccountRole }) {
  return before.role === after.role ? {} : { previousRole: before.role, role: after.role };
}
