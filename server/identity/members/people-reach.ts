import type { Audit } from '../../audit/index.ts';
import { type AccountRole, type Actor, AppError, isId, notFound } from '../../core/index.ts';
import type { AccessStore } from '../access/access-store.ts';
import { accountPermissions } from '../access/permissions.ts';
import type { Member, MemberStore, Membership } from './member-store.ts';

/** How far the actor reaches. */
export type Reach = {
  /** Asks again, with the role that the person, or the invitation, turns out to have when the change is made. */
  requireOver(role: AccountRole): void;
};

/** Somebody about whom the actor may decide. */
export type Reached = Reach & { readonly member: Member };

/** How far those who manage people reach: owners decide about owners, administrators about everybody else. */
export class PeopleReach {
  readonly #members: MemberStore;
  readonly #access: AccessStore;
  readonly #audit: Audit;

  constructor(options: { members: MemberStore; access: AccessStore; audit: Audit }) {
    this.#members = options.members;
    this.#access = options.access;
    this.#audit = options.audit;
  }

  async managesPeople(actor: Actor): Promise<boolean> {
    const role = await this.#roleOf(actor);
    return role !== undefined && accountPermissions['manage-people'].includes(role);
  }

  /**
   * @param newRole the role that the person is to have
   * @throws AppError `not-found` for nobody of the account, and for a service ID; `permission-denied` for an owner, or a new one, unless
   *   the actor is one.
   */
  async requireOver(actor: Actor, userId: string, newRole?: AccountRole): Promise<Reached> {
    const { accountId } = actor;
    const member = isId(userId) ? await this.#members.findMember({ accountId, userId }) : undefined;
    if (member?.kind !== 'person') throw notFound('person', userId);
    const isOwner = (await this.#roleOf(actor)) === 'owner';
    if (!isOwner && (member.role === 'owner' || newRole === 'owner')) throw await this.#refuse(actor, userId);
    return { member, ...reachOf(isOwner) };
  }

  /**
   * For invitations, which are decided about as whom they make.
   * @throws AppError `permission-denied` for the role of an owner, unless the actor is one.
   */
  async requireGiving(actor: Actor, ...roles: readonly AccountRole[]): Promise<Reach> {
    const isOwner = (await this.#roleOf(actor)) === 'owner';
    if (!isOwner && roles.includes('owner')) throw await this.#refuse(actor);
    return reachOf(isOwner);
  }

  /** Whether somebody who made a link may decide about people of that role now, when it is used. */
  async reaches(maker: Membership, role: AccountRole): Promise<boolean> {
    const own = await this.#access.findAccountRole(maker);
    if (own === undefined || !accountPermissions['manage-people'].includes(own)) return false;
    return role !== 'owner' || own === 'owner';
  }

  async #roleOf(actor: Actor): Promise<AccountRole | undefined> {
    return actor.accountRole ?? this.#access.findAccountRole(actor);
  }

  async #refuse(actor: Actor, userId?: string): Promise<AppError> {
    await this.#audit.record(actor, {
      action: 'permission.denied',
      target: { type: 'person', ...(userId === undefined ? {} : { id: userId }) },
      outcome: 'denied',
      details: { deniedAction: 'manage-people' },
    });
    return onlyOwners();
  }
}

function reachOf(isOwner: boolean): Reach {
  return {
    requireOver(role) {
      if (!isOwner && role === 'owner') throw onlyOwners();
    },
  };
}

function onlyOwners(): AppError {
  return new AppError('permission-denied', 'Only owners of the account decide about owners. Ask one of them.', {
    details: { reason: 'owners-only' },
  });
}
