import type { Audit } from '../../audit/index.ts';
import {
  type AccountRole,
  type Actor,
  AppError,
  type Clock,
  hashCredential,
  invalidField,
  type Logger,
  loggableError,
  newCredential,
  newId,
  notFound,
  Secret,
} from '../../core/index.ts';
import type { Mailer } from './mailer.ts';
import type { Account, Member, MemberScope, MemberStore, OneTimeLink } from './member-store.ts';
import type { Reach } from './people-reach.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const INVITATION_LIFETIME_MS = 7 * DAY_MS;
const PASSWORD_RESET_LIFETIME_MS = DAY_MS;

/** A role that a person can have. */
export type PersonRole = Exclude<AccountRole, 'service'>;

export type Invitation = {
  readonly id: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly createdAt: Date;
  readonly expiresAt: Date;
};

type InvitationLink = Extract<OneTimeLink, { purpose: 'invitation' }>;

/** A link that was just made: the only time that anybody sees it. */
export type CreatedLink = {
  readonly link: Secret;
  readonly expiresAt: Date;
  /** Whether a mail server has taken it, too. */
  readonly wasSent: boolean;
};

/** The making of one-time links. Every method trusts its caller to have asked whether the actor may. */
export class PeopleLinks {
  readonly #members: MemberStore;
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #siteUrl: () => string;
  readonly #mailer: Mailer | undefined;

  constructor(options: {
    members: MemberStore;
    audit: Audit;
    clock: Clock;
    logger: Logger;
    siteUrl: () => string;
    mailer?: Mailer | undefined;
  }) {
    this.#members = options.members;
    this.#audit = options.audit;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#siteUrl = options.siteUrl;
    this.#mailer = options.mailer;
  }

  async listInvitations(actor: Actor): Promise<readonly Invitation[]> {
    const now = this.#clock.now();
    return (await this.#invitationsOf(actor))
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ id, email, role, createdAt, expiresAt }) => ({ id, email, role, createdAt, expiresAt }));
  }

  /** The invitation of that address that waits. */
  async findInvitation(actor: Actor, email: string): Promise<Invitation | undefined> {
    const address = addressOf(email);
    return (await this.listInvitations(actor)).find((invitation) => invitation.email === address);
  }

  /**
   * @param by is asked about an invitation that this one takes the place of
   * @throws AppError `already-exists` when somebody in the account has that address.
   */
  async invite(
    actor: Actor,
    request: { readonly email: string; readonly role: PersonRole },
    by: Reach,
  ): Promise<CreatedLink> {
    const email = addressOf(request.email);
    const people = await this.#members.listMembers(actor, 'person');
    if (people.some((person) => person.email === email)) {
      throw new AppError('already-exists', 'Somebody with this e-mail address is in the account already.', {
        details: { reason: 'email-taken' },
      });
    }
    const { token, link } = this.#newInvitation(actor.accountId, { email, role: request.role }, actor.userId);
    await this.#audit.change(actor, invitationEvent(link), async () => {
      const replaced = await this.#clearWay(actor, link, by);
      await this.#members.addLink(actor, link);
      // Last: until the end, whoever else records something in the account waits for this.
      for (const { id } of replaced) await this.#audit.record(actor, revocationOf(id));
    });
    return this.#hand(link, token, email);
  }

  /** Makes an account with nobody in it but the owner who is invited. The operator does that, who is no user of it. */
  async inviteFirstOwner(
    operator: Actor,
    { name, ownerEmail }: { readonly name: string; readonly ownerEmail: string },
  ): Promise<{ readonly account: Account; readonly invitation: CreatedLink }> {
    const email = addressOf(ownerEmail);
    const account = { id: newId(), name, createdAt: this.#clock.now() };
    const { token, link } = this.#newInvitation(account.id, { email, role: 'owner' }, null);
    const house = houseOf(account.id, operator);
    const creation = { action: 'account.create', target: { type: 'account', id: account.id } } as const;
    await this.#audit.change(house, creation, async () => {
      await this.#members.addAccount(account);
      await this.#audit.change(house, invitationEvent(link), () => this.#members.addLink(house, link));
    });
    return { account, invitation: await this.#hand(link, token, email) };
  }

  /**
   * Invites the first owner of an account anew, at whatever address; the links of before end.
   * @throws AppError `failed-precondition`, reason `account-has-people`, once somebody has come: its owners invite then.
   */
  async inviteFirstOwnerAgain(operator: Actor, accountId: string, ownerEmail: string): Promise<CreatedLink> {
    const email = addressOf(ownerEmail);
    const { token, link } = this.#newInvitation(accountId, { email, role: 'owner' }, null);
    const house = houseOf(accountId, operator);
    await this.#requireNobodyIn(accountId);
    await this.#audit.change(house, invitationEvent(link), async () => {
      const replaced: string[] = [];
      for (const { id, expiresAt } of await this.#invitationsOf({ accountId }))
        if ((await this.#members.deleteLink({ accountId }, id)) && expiresAt > link.createdAt) replaced.push(id);
      // Asked again: somebody who was using one of them at this moment is in now, and nobody comes in by one any more.
      await this.#requireNobodyIn(accountId);
      await this.#members.addLink({ accountId }, link);
      for (const id of replaced) await this.#audit.record(house, revocationOf(id));
    });
    return this.#hand(link, token, email);
  }

  /** @throws AppError `not-found` */
  async revokeInvitation(actor: Actor, id: string): Promise<void> {
    await this.#audit.change(actor, revocationOf(id), async () => {
      const isOne = (await this.#invitationsOf(actor)).some((invitation) => invitation.id === id);
      if (!isOne || !(await this.#members.deleteLink(actor, id))) throw notFound('invitation', id);
    });
  }

  async createPasswordReset(actor: Actor, { id: userId, email, suspendedAt }: Member): Promise<CreatedLink> {
    if (email === null) throw notFound('person', userId);
    if (suspendedAt !== null) {
      throw new AppError('failed-precondition', 'This person is suspended and could not sign in. Resume them first.', {
        details: { reason: 'person-suspended' },
      });
    }
    const token = newCredential('reset_');
    const link: OneTimeLink = {
      ...this.#newLink(actor.accountId, token, PASSWORD_RESET_LIFETIME_MS, actor.userId),
      purpose: 'password-reset',
      userId,
    };
    const event = { action: 'password-reset.create', target: { type: 'person', id: userId } } as const;
    await this.#audit.change(actor, event, async () => {
      // First, as it waits for whoever changes the person; they wait for earlier links then, and nobody for the other without end.
      await this.#members.addLink(actor, link);
      await this.deletePasswordResets(actor, userId, link.id);
    });
    return this.#hand(link, token, email);
  }

  /** Part of the change around it. */
  async deletePasswordResets(scope: MemberScope, userId: string, keepId?: string): Promise<void> {
    for (const link of await this.#members.listLinks(scope, 'password-reset'))
      if (link.purpose === 'password-reset' && link.userId === userId && link.id !== keepId)
        await this.#members.deleteLink(scope, link.id);
  }

  async #requireNobodyIn(accountId: string): Promise<void> {
    if ((await this.#members.listMembers({ accountId }, 'person')).length === 0) return;
    throw new AppError('failed-precondition', 'Somebody is in this account already. Its owners invite others.', {
      details: { reason: 'account-has-people' },
    });
  }

  /** Deletes what the invitation takes the place of, and what has expired. @returns the former */
  async #clearWay(scope: MemberScope, link: InvitationLink, by: Reach): Promise<readonly InvitationLink[]> {
    const replaced: InvitationLink[] = [];
    for (const other of await this.#invitationsOf(scope)) {
      const isWaiting = other.expiresAt > link.createdAt;
      if (isWaiting && other.email !== link.email) continue;
      if (isWaiting) by.requireOver(other.role);
      if ((await this.#members.deleteLink(scope, other.id)) && isWaiting) replaced.push(other);
    }
    return replaced;
  }

  async #invitationsOf(scope: MemberScope) {
    const links = await this.#members.listLinks(scope, 'invitation');
    return links.filter((link) => link.purpose === 'invitation');
  }

  #newInvitation(accountId: string, meant: { email: string; role: PersonRole }, createdBy: string | null) {
    const token = newCredential('invite_');
    const link: InvitationLink = {
      ...this.#newLink(accountId, token, INVITATION_LIFETIME_MS, createdBy),
      purpose: 'invitation',
      ...meant,
    };
    return { token, link };
  }

  #newLink(accountId: string, token: string, lifetimeMs: number, createdBy: string | null) {
    const createdAt = this.#clock.now();
    const expiresAt = new Date(createdAt.getTime() + lifetimeMs);
    return { id: newId(), accountId, tokenHash: hashCredential(token), createdBy, createdAt, expiresAt };
  }

  /** Sends the link where there is a mail server. One that fails takes nothing back: the link is shown all the same. */
  async #hand({ purpose, expiresAt, accountId }: OneTimeLink, token: string, to: string): Promise<CreatedLink> {
    // In the fragment, which browsers send to no server: neither a proxy nor a log sees it.
    const link = `${this.#siteUrl()}/${purpose}#token=${token}`;
    const created = { link: new Secret(link), expiresAt };
    if (this.#mailer === undefined) return { ...created, wasSent: false };
    try {
      const account = await this.#members.findAccount(accountId);
      await this.#mailer.send({ to, ...mailOf(purpose, account?.name ?? '', link, expiresAt) });
      return { ...created, wasSent: true };
    } catch (error) {
      this.#logger.warn('a one-time link could not be sent by e-mail', { error: loggableError(error) });
      return { ...created, wasSent: false };
    }
  }
}

/** The operator's act, who is no user of the account. */
function houseOf(accountId: string, { via }: Actor) {
  return { accountId, userId: '', via };
}

function invitationEvent({ id, role }: InvitationLink) {
  return { action: 'person.invite', target: { type: 'invitation', id }, details: { role } } as const;
}

function revocationOf(id: string) {
  return { action: 'invitation.revoke', target: { type: 'invitation', id } } as const;
}

function addressOf(email: string): string {
  const address = email.trim().toLowerCase();
  if (!address.includes('@')) throw invalidField('email', 'must be an e-mail address');
  return address;
}

function mailOf(purpose: OneTimeLink['purpose'], accountName: string, link: string, expiresAt: Date) {
  const until = `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const [subject, sentence] =
    purpose === 'invitation'
      ? [`Join ${accountName} on Cloister`, `You are invited to join ${accountName} on Cloister.`]
      : [
          'Set a new password for Cloister',
          `A new password can be set for your sign-in to ${accountName} on Cloister.`,
        ];
  const text = `${sentence}\n\nOpen this link; it works once, until ${until}:\n\n${link}\n\nIf you did not expect it, do nothing: without the link nothing happens.\n`;
  return { subject, text };
}
