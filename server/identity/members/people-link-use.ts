import type { Audit } from '../../audit/index.ts';
import { type Actor, AppError, type Clock, hashCredential, isAppError, newId, type Secret } from '../../core/index.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { LoginSession, LoginSessions, RequestOrigin } from '../credentials/login-sessions.ts';
import { hashPassword } from '../sign-in/password.ts';
import { RateLimit } from '../sign-in/rate-limit.ts';
import type { SignInStepStore } from '../sign-in/sign-in-step-store.ts';
import type { Account, Member, MemberStore, OneTimeLink } from './member-store.ts';
import type { PeopleLinks, PersonRole } from './people-links.ts';
import type { PeopleReach } from './people-reach.ts';

/** What a link is for, as it is told to whoever has it. */
export type LinkPurpose = { readonly accountName: string; readonly email: string; readonly expiresAt: Date } & (
  | { readonly purpose: 'invitation'; readonly role: PersonRole }
  | { readonly purpose: 'password-reset' }
);

export type Joining = { readonly name: string; readonly password: Secret };

/** A link holds 256 random bits, so this only keeps whoever tries from burdening the server. Many people may share an address. */
const LOOKS_PER_MINUTE = 300;

type InvitationLink = Extract<OneTimeLink, { purpose: 'invitation' }>;

/** The use of one-time links, by whoever has one. */
export class PeopleLinkUse {
  readonly #members: MemberStore;
  readonly #credentials: CredentialStore;
  readonly #sessions: LoginSessions;
  readonly #signInSteps: Pick<SignInStepStore, 'deleteOf'>;
  readonly #links: Pick<PeopleLinks, 'deletePasswordResets'>;
  readonly #reach: Pick<PeopleReach, 'reaches'>;
  readonly #limit: RateLimit;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(options: {
    members: MemberStore;
    credentials: CredentialStore;
    sessions: LoginSessions;
    signInSteps: Pick<SignInStepStore, 'deleteOf'>;
    links: Pick<PeopleLinks, 'deletePasswordResets'>;
    reach: Pick<PeopleReach, 'reaches'>;
    audit: Audit;
    clock: Clock;
  }) {
    this.#members = options.members;
    this.#credentials = options.credentials;
    this.#sessions = options.sessions;
    this.#signInSteps = options.signInSteps;
    this.#links = options.links;
    this.#reach = options.reach;
    this.#limit = new RateLimit(options.clock, LOOKS_PER_MINUTE);
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  async look(token: Secret, origin: RequestOrigin): Promise<LinkPurpose> {
    const link = await this.#find(token, origin);
    const account = await this.#members.findAccount(link.accountId);
    if (account === undefined) throw linkNotValid();
    if (link.purpose === 'invitation') return invitationOf(link, account);
    const { email } = await this.#memberOf(link);
    if (email === null) throw linkNotValid();
    return { purpose: 'password-reset', accountName: account.name, email, expiresAt: link.expiresAt };
  }

  async acceptInvitation(token: Secret, { name, password }: Joining, origin: RequestOrigin): Promise<LoginSession> {
    const link = await this.#find(token, origin);
    if (link.purpose !== 'invitation') throw linkNotValid();
    const member = newPerson(link, name, await hashPassword(password), this.#clock.now());
    const actor = linkActor(member.accountId, member.id, origin);
    const event = {
      action: 'person.join',
      target: { type: 'person', id: member.id },
      details: { role: member.role, method: 'password' },
    } as const;
    try {
      await this.#audit.change(actor, event, async () => {
        // In this order: who has become a member with the address of the invitation may use it up.
        await this.#members.addMember(actor, member);
        if (!(await this.#members.deleteLink(actor, link.id))) throw linkNotValid();
      });
    } catch (error) {
      // The other one of two who used it at the same moment has the address now, or it was taken back; for this one the link is used.
      const isRefused = isAppError(error, 'already-exists') || isAppError(error, 'permission-denied');
      const isUsed = isRefused && (await this.#members.findLink(link.tokenHash)) === undefined;
      throw isUsed ? linkNotValid() : error;
    }
    const membership = { accountId: member.accountId, userId: member.id };
    return this.#sessions.begin(membership, { method: 'password', hasSecondFactor: false }, origin);
  }

  async resetPassword(token: Secret, password: Secret, origin: RequestOrigin): Promise<void> {
    const link = await this.#find(token, origin);
    if (link.purpose !== 'password-reset') throw linkNotValid();
    const { id: userId, accountId } = await this.#memberOf(link);
    const passwordHash = await hashPassword(password);
    const actor = linkActor(accountId, userId, origin);
    const event = { action: 'password-reset.use', target: { type: 'person', id: userId } } as const;
    await this.#audit.change(actor, event, async () => {
      // Changes nothing yet: it locks the person first, as whoever gives them another role does, who then ends the link or finds it used.
      await this.#members.changeMember(actor, userId, {});
      if (!(await this.#members.deleteLink(actor, link.id))) throw linkNotValid();
      await this.#links.deletePasswordResets(actor, userId);
      await this.#members.changeMember(actor, userId, { passwordHash, passwordChangedAt: this.#clock.now() });
      await this.#credentials.deleteLoginSessions(actor, userId);
      await this.#signInSteps.deleteOf({ accountId, userId });
    });
  }

  async #find(token: Secret, { address }: RequestOrigin): Promise<OneTimeLink> {
    this.#limit.take(address);
    const link = await this.#members.findLink(hashCredential(token.expose()));
    if (link === undefined || link.expiresAt <= this.#clock.now()) throw linkNotValid();
    if (!(await this.#isStillGiven(link))) throw linkNotValid();
    return link;
  }

  /** Whoever made it must be there and reach so far now, not only then. The operator's have nobody of the account behind them. */
  async #isStillGiven(link: OneTimeLink): Promise<boolean> {
    const { accountId, createdBy } = link;
    if (createdBy === null) return true;
    const role =
      link.purpose === 'invitation'
        ? link.role
        : (await this.#members.findMember({ accountId, userId: link.userId }))?.role;
    return role !== undefined && this.#reach.reaches({ accountId, userId: createdBy }, role);
  }

  async #memberOf(link: Extract<OneTimeLink, { purpose: 'password-reset' }>): Promise<Member> {
    const member = await this.#members.findMember({ accountId: link.accountId, userId: link.userId });
    if (member === undefined || member.suspendedAt !== null) throw linkNotValid();
    return member;
  }
}

function invitationOf({ email, role, expiresAt }: InvitationLink, account: Account): LinkPurpose {
  return { purpose: 'invitation', accountName: account.name, email, role, expiresAt };
}

function newPerson({ accountId, email, role }: InvitationLink, name: string, passwordHash: string, now: Date): Member {
  return {
    id: newId(),
    accountId,
    kind: 'person',
    email,
    name,
    description: '',
    role,
    passwordHash,
    passwordChangedAt: now,
    suspendedAt: null,
    createdAt: now,
  };
}

/** Whoever has the link is the person that it is meant for. */
function linkActor(accountId: string, userId: string, { address }: RequestOrigin): Actor {
  return { accountId, userId, via: 'one-time-link', address };
}

/** The same words whatever is wrong with it, so that nobody learns which links there were. */
function linkNotValid(): AppError {
  return new AppError(
    'permission-denied',
    'This link is not valid (any more). Links work once and for a limited time: ask whoever sent it for a new one.',
    { details: { reason: 'link-not-valid' } },
  );
}
