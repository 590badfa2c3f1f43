import type { ProjectRole } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';

/** Who somebody is at an identity provider. */
export type FederatedIdentity = Membership & {
  readonly issuer: string;
  readonly subject: string;
  readonly createdAt: Date;
};

/** Port: which person somebody at an identity provider is. Every method is one transaction, or part of the one around it. */
export type FederatedIdentityStore = {
  /** The account's person of that subject. */
  find(accountId: string, issuer: string, subject: string): Promise<Membership | undefined>;
  /** @throws AppError `already-exists` when the account knows the subject, or the person as another subject of that issuer. */
  add(identity: FederatedIdentity): Promise<void>;
};

/**
 * Port: roles in projects, as an identity provider's groups decide them. It works as the house, in the transaction around it: nobody in the
 * account asked for it.
 */
export type ProjectRoleGrants = {
  /**
   * Gives somebody exactly that role in the project.
   * @param role undefined takes what they have away
   * @returns what they had; undefined, and nothing changes, when the account has no such project
   * @throws AppError `failed-precondition` (reason `last-project-admin`) rather than leave a project without an Admin
   */
  setRole(
    membership: Membership,
    projectId: string,
    role: ProjectRole | undefined,
    at: Date,
  ): Promise<{ readonly before: ProjectRole | undefined } | undefined>;
};
