import type { AccountRole, ProjectAccess } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';

/** Port: what somebody may, looked up at every request, so that what was revoked is gone at the next one, on every replica. */
export type AccessStore = {
  /** Undefined for somebody who is not (any more) in the account, or is suspended. */
  findAccountRole(membership: Membership): Promise<AccountRole | undefined>;
  /** Undefined for somebody who has nothing in the project, and for a project that is not there. */
  findProjectAccess(membership: Membership, projectId: string): Promise<ProjectAccess | undefined>;
  /** Whether the account is the one that operates the deployment: the first one. */
  isOperatingAccount(accountId: string): Promise<boolean>;
};
