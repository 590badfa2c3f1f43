import type { Audit } from '../../audit/index.ts';
import {
  type AccountRole,
  AppError,
  type Clock,
  isAppError,
  type Logger,
  newId,
  type ProjectRole,
} from '../../core/index.ts';
import type { RequestOrigin } from '../credentials/login-sessions.ts';
import type { Member, MemberStore, Membership } from '../members/member-store.ts';
import type { FederatedIdentityStore, ProjectRoleGrants } from './federated-identity-store.ts';
import type { Claims } from './identity-provider-client.ts';
import type { IdentityProviderSettings } from './identity-provider-config.ts';

/** From the most to the least: somebody in several groups gets the most of what they give. */
const ROLES: readonly IdentityProviderSettings['roles'][number]['role'][] = [
  'owner',
  'administrator',
  'governance-administrator',
  'member',
  'billing-viewer',
];
const PROJECT_ROLES: readonly ProjectRole[] = ['admin', 'editor', 'viewer'];
const LONGEST_NAME = 120;

/** Whom somebody from an identity provider is here, and what they may: decided anew at each sign-in. */
export class FederatedPeople {
  readonly #members: MemberStore;
  readonly #identities: FederatedIdentityStore;
  readonly #grants: ProjectRoleGrants;
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(options: {
    members: MemberStore;
    identities: FederatedIdentityStore;
    grants: ProjectRoleGrants;
    audit: Audit;
    clock: Clock;
    logger: Logger;
  }) {
    this.#members = options.members;
    this.#identities = options.identities;
    this.#grants = options.grants;
    this.#audit = options.audit;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * Finds the person, makes them where they are new, and gives them the roles of their groups.
   * @throws AppError `permission-denied`, reason `identity-provider-not-allowed`, for somebody who has no access here
   */
  async admit(
    provider: IdentityProviderSettings,
    accountId: string,
    claims: Claims,
    origin: RequestOrigin,
  ): Promise<Membership> {
    const role = roleOf(provider, claims);
    const known = await this.#identities.find(accountId, claims.issuer, claims.subject);
    const namesake = known === undefined ? await this.#personWithAddress(provider, accountId, claims) : undefined;
    try {
      if (role === undefined || !isDomainAllowed(provider, claims)) throw notAllowed();
      const membership = known ?? (await this.#meet(provider, accountId, claims, namesake, role.atFirst, origin));
      const member = await this.#members.findMember(membership);
      if (member === undefined || member.suspendedAt !== null) throw notAllowed();
      if (role.always !== undefined && role.always !== member.role) await this.#changeRole(member, role.always, origin);
      for (const projectId of new Set(provider.projectRoles.map((rule) => rule.projectId)))
        await this.#changeProjectRole(membership, projectId, projectRoleOf(provider, projectId, claims), origin);
      return membership;
    } catch (error) {
      if (isAppError(error, 'permission-denied'))
        await this.#recordRefusal(accountId, known?.userId ?? namesake?.id, origin);
      throw error;
    }
  }

  async #personWithAddress(
    provider: IdentityProviderSettings,
    accountId: string,
    claims: Claims,
  ): Promise<Member | undefined> {
    const email = trustedEmailOf(provider, claims);
    const people = email === undefined ? [] : await this.#members.findPeopleByEmail(email);
    return people.find((one) => one.accountId === accountId);
  }

  /** Somebody whom the account does not know by their subject: a person with the same address, or a new one. */
  async #meet(
    provider: IdentityProviderSettings,
    accountId: string,
    claims: Claims,
    namesake: Member | undefined,
    role: AccountRole,
    origin: RequestOrigin,
  ): Promise<Membership> {
    const email = trustedEmailOf(provider, claims);
    if (email === undefined) throw notAllowed();
    if (namesake === undefined ? !provider.createUsers : namesake.suspendedAt !== null) throw notAllowed();
    try {
      return namesake === undefined
        ? await this.#join(accountId, claims, email, role, origin)
        : await this.#link(namesake, claims, origin);
    } catch (error) {
      if (!isAppError(error, 'already-exists')) throw error;
      // They came twice at the same moment, and the other one was first. Or the person is somebody else at this provider already, whose
      // address was given to a new one: to let those in would hand over the work of the first.
      const known = await this.#identities.find(accountId, claims.issuer, claims.subject);
      if (known === undefined) throw notAllowed();
      return known;
    }
  }

  async #join(
    accountId: string,
    claims: Claims,
    email: string,
    role: AccountRole,
    { address }: RequestOrigin,
  ): Promise<Membership> {
    const createdAt = this.#clock.now();
    const membership = { accountId, userId: newId() };
    const member: Member = {
      id: membership.userId,
      accountId,
      kind: 'person',
      email,
      name: nameOf(claims, email),
      description: '',
      role,
      passwordHash: null,
      passwordChangedAt: null,
      suspendedAt: null,
      createdAt,
    };
    const event = {
      action: 'person.join',
      target: { type: 'person', id: member.id },
      details: { role, method: 'identity-provider' },
    } as const;
    await this.#audit.change({ ...membership, via: 'login-session', address }, event, async () => {
      await this.#members.addMember(membership, member);
      await this.#identities.add({ ...membership, issuer: claims.issuer, subject: claims.subject, createdAt });
    });
    return membership;
  }

  async #link({ accountId, id: userId }: Member, claims: Claims, { address }: RequestOrigin): Promise<Membership> {
    const membership = { accountId, userId };
    const event = {
      action: 'person.change',
      target: { type: 'person', id: userId },
      details: { method: 'identity-provider', fields: ['identityProvider'] },
    } as const;
    const { issuer, subject } = claims;
    await this.#audit.change({ ...membership, via: 'login-session', address }, event, () =>
      this.#identities.add({ ...membership, issuer, subject, createdAt: this.#clock.now() }),
    );
    return membership;
  }

  async #changeRole(
    { accountId, id, role: previousRole }: Member,
    role: AccountRole,
    origin: RequestOrigin,
  ): Promise<void> {
    const event = {
      action: 'person.change',
      target: { type: 'person', id },
      details: { method: 'identity-provider', role, previousRole, fields: ['role'] },
    } as const;
    await this.#unlessLast('last-owner', () =>
      this.#audit.change(house(accountId, origin), event, () =>
        this.#members.changeMember({ accountId }, id, { role }),
      ),
    );
  }

  /** In a project that the settings name, groups alone decide for people who come from the provider. */
  async #changeProjectRole(
    membership: Membership,
    projectId: string,
    role: ProjectRole | undefined,
    origin: RequestOrigin,
  ): Promise<void> {
    const at = this.#clock.now();
    await this.#unlessLast('last-project-admin', () =>
      this.#audit
        .change(
          house(membership.accountId, origin),
          (before: ProjectRole | undefined) => ({
            action:
              before === undefined
                ? 'collaborator.add'
                : role === undefined
                  ? 'collaborator.remove'
                  : 'collaborator.change',
            target: { type: 'project', id: projectId },
            projectId,
            details: {
              method: 'identity-provider',
              userId: membership.userId,
              ...(role === undefined ? {} : { role }),
              ...(before === undefined ? {} : { previousRole: before }),
            },
          }),
          async () => {
            const set = await this.#grants.setRole(membership, projectId, role, at);
            if (set === undefined || set.before === role) throw new NothingChanged();
            return set.before;
          },
        )
        .catch((error: unknown) => {
          if (!(error instanceof NothingChanged)) throw error;
        }),
    );
  }

  /** What must never be lost is kept, and the person comes in with the role that they have. */
  async #unlessLast(reason: 'last-owner' | 'last-project-admin', change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!isAppError(error, 'failed-precondition') || error.details.reason !== reason) throw error;
      this.#logger.warn(`an identity provider's groups would have taken the last one away, and did not`, {
        code: reason,
      });
    }
  }

  async #recordRefusal(accountId: string, userId: string | undefined, origin: RequestOrigin): Promise<void> {
    await this.#audit.record(house(accountId, origin), {
      action: 'login-session.begin',
      target: { type: 'person', ...(userId === undefined ? {} : { id: userId }) },
      outcome: 'failure',
      details: { method: 'identity-provider' },
    });
  }
}

/** Takes a transaction back in which there was nothing to do, so that there is no event of it either. */
class NothingChanged extends Error {}

/** The server itself: nobody of the account decided it, so the event names nobody. */
function house(accountId: string, { address }: RequestOrigin) {
  return { accountId, userId: '', via: 'login-session', address } as const;
}

/** The role of a new person, and the one that everybody has; undefined for somebody whose groups give them none. */
function roleOf(
  { roles }: IdentityProviderSettings,
  { groups }: Claims,
): { readonly atFirst: AccountRole; readonly always?: AccountRole } | undefined {
  if (roles.length === 0) return { atFirst: 'member' };
  const given = roles.filter((rule) => groups.includes(rule.group)).map((rule) => rule.role);
  const most = ROLES.find((role) => given.includes(role));
  return most && { atFirst: most, always: most };
}

function projectRoleOf(
  { projectRoles }: IdentityProviderSettings,
  projectId: string,
  { groups }: Claims,
): ProjectRole | undefined {
  const given = projectRoles
    .filter((rule) => rule.projectId === projectId && groups.includes(rule.group))
    .map((rule) => rule.role);
  return PROJECT_ROLES.find((role) => given.includes(role));
}

/** An address that is nobody else's: people are known by it, so one that somebody just typed at the provider would let them take it. */
function trustedEmailOf(
  { trustEmail }: IdentityProviderSettings,
  { email, isEmailVerified }: Claims,
): string | undefined {
  if (email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254) return undefined;
  return (isEmailVerified ?? trustEmail) ? email : undefined;
}

/** Asked at each sign-in, so that a domain that is taken off the list is out. */
function isDomainAllowed(provider: IdentityProviderSettings, claims: Claims): boolean {
  if (provider.allowedEmailDomains === undefined) return true;
  const domain = trustedEmailOf(provider, claims)?.split('@')[1];
  return domain !== undefined && provider.allowedEmailDomains.includes(domain);
}

function nameOf({ name }: Claims, email: string): string {
  const printable = (name ?? '')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(0, LONGEST_NAME);
  return printable === '' ? email.slice(0, LONGEST_NAME) : printable;
}

function notAllowed(): AppError {
  return new AppError('permission-denied', 'You have no access here. Ask an administrator of your account.', {
    details: { reason: 'identity-provider-not-allowed' },
  });
}
