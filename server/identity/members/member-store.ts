import type { AccountRole } from '../../core/index.ts';

export type Account = { readonly id: string; readonly name: string; readonly createdAt: Date };

/** Who, and in which account: nobody is in two. */
export type Membership = { readonly accountId: string; readonly userId: string };

/** For whom a change is made: the account, and whoever makes it. Without a user it is the server's own work. */
export type MemberScope = { readonly accountId: string; readonly userId?: string };

/** A person, or a service ID: something that works by itself and has API keys. */
export type Member = {
  readonly id: string;
  readonly accountId: string;
  readonly kind: 'person' | 'service';
  /** In lower case; null for a service ID. */
  readonly email: string | null;
  readonly name: string;
  readonly description: string;
  readonly role: AccountRole;
  /** Null for a service ID, and for somebody who only ever came from an identity provider. */
  readonly passwordHash: string | null;
  readonly passwordChangedAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly createdAt: Date;
};

export type MemberChange = Partial<
  Pick<Member, 'name' | 'description' | 'role' | 'passwordHash' | 'passwordChangedAt' | 'suspendedAt'>
>;

export type OneTimeLink = {
  readonly id: string;
  readonly accountId: string;
  readonly tokenHash: string;
  /** Null: the operator, who is nobody of the account. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
} & (
  | { readonly purpose: 'invitation'; readonly email: string; readonly role: Exclude<AccountRole, 'service'> }
  | { readonly purpose: 'password-reset'; readonly userId: string }
);

/**
 * Port: accounts and who is in them. `find…` gives undefined when there is nothing, or nothing that the scope may see. Every method is one
 * transaction, or part of the one around it (see `Database`).
 */
export type MemberStore = {
  /** The first owner of the deployment, once it is set up. */
  findAdministrator(): Promise<Membership | undefined>;
  /** Makes the first account with its owner and marks the deployment as set up. Of several callers at once exactly one gets true; the others change nothing. */
  createFirstAccount(account: Account, owner: Member): Promise<boolean>;
  /** Makes an account in which nobody is yet. */
  addAccount(account: Account): Promise<void>;
  findAccount(accountId: string): Promise<Account | undefined>;
  /** Every account, oldest first: for whoever operates the deployment, and for nobody else. */
  listAccounts(): Promise<readonly Account[]>;
  renameAccount(scope: MemberScope, name: string): Promise<void>;
  /** Removes an account with everybody and everything in it. False when there is none. */
  removeAccount(accountId: string): Promise<boolean>;

  findMember(membership: Membership): Promise<Member | undefined>;
  /** Everybody with that address, in whichever account, oldest first. @param email in lower case */
  findPeopleByEmail(email: string): Promise<readonly Member[]>;
  /** By name, then by id. */
  listMembers(scope: MemberScope, kind: Member['kind']): Promise<readonly Member[]>;
  /** @throws AppError `already-exists` when somebody in the account has that address. */
  addMember(scope: MemberScope, member: Member): Promise<void>;
  /**
   * Another role, and a suspension, end the links that they must not outlive, see {@link endsLinks}.
   * @returns the member as changed, and as it was; undefined when there is none.
   * @throws AppError `failed-precondition` (reason `last-owner`) rather than leave the account without an owner who can sign in.
   */
  changeMember(
    scope: MemberScope,
    userId: string,
    change: MemberChange,
  ): Promise<{ readonly before: Member; readonly after: Member } | undefined>;
  /**
   * Removes somebody with all their credentials, roles, grants and the links that they made. False when there is no such member.
   * @throws AppError `failed-precondition`, reason `last-owner`, or `last-project-admin` rather than leave a project without an Admin.
   */
  removeMember(scope: MemberScope, userId: string): Promise<boolean>;

  addLink(scope: MemberScope, link: OneTimeLink): Promise<void>;
  findLink(tokenHash: string): Promise<OneTimeLink | undefined>;
  /** Newest first. */
  listLinks(scope: MemberScope, purpose: OneTimeLink['purpose']): Promise<readonly OneTimeLink[]>;
  /** False when it is gone already, so that of two who use it at once one is refused. */
  deleteLink(scope: MemberScope, id: string): Promise<boolean>;
};

/**
 * Which links go with a change. Those for a new password were made for somebody with the role that they had; those that they made themselves
 * are worth no more than what they may still do.
 */
export function endsLinks(before: Member, after: Member): { readonly forThem: boolean; readonly byThem: boolean } {
  const isSuspended = before.suspendedAt === null && after.suspendedAt !== null;
  const isOther = before.role !== after.role;
  return { forThem: isSuspended || isOther, byThem: isSuspended || (isOther && after.role !== 'owner') };
}
