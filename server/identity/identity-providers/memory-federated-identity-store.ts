import { AppError, type ProjectRole } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { MemoryAccessStore, MemoryMemberStore } from '../memory-identity-stores.ts';
import type { FederatedIdentity, FederatedIdentityStore, ProjectRoleGrants } from './federated-identity-store.ts';

/** The store in memory, for tests. It runs the same conformance suite as the one in PostgreSQL. */
export class MemoryFederatedIdentityStore implements FederatedIdentityStore {
  readonly #identities = new Map<string, FederatedIdentity>();

  constructor(members: MemoryMemberStore) {
    members.onRemoved.push((userId) => {
      for (const [key, identity] of this.#identities) if (identity.userId === userId) this.#identities.delete(key);
    });
  }

  async find(accountId: string, issuer: string, subject: string): Promise<Membership | undefined> {
    const identity = this.#identities.get(keyOf(accountId, issuer, subject));
    return identity && { accountId, userId: identity.userId };
  }

  async add(identity: FederatedIdentity): Promise<void> {
    const key = keyOf(identity.accountId, identity.issuer, identity.subject);
    const isKnownThere = [...this.#identities.values()].some(
      ({ userId, issuer }) => userId === identity.userId && issuer === identity.issuer,
    );
    if (isKnownThere || this.#identities.has(key)) throw new AppError('already-exists', 'It exists already.');
    this.#identities.set(key, identity);
  }
}

/** Grants in memory: of the projects that a test names. */
export class MemoryProjectRoleGrants implements ProjectRoleGrants {
  readonly #access: MemoryAccessStore;
  readonly #projects = new Map<string, Map<string, ProjectRole>>();

  constructor(access: MemoryAccessStore) {
    this.#access = access;
  }

  /** Only in memory: in PostgreSQL the projects room writes these rows. */
  addProject(projectId: string, admin: Membership): void {
    this.#projects.set(projectId, new Map([[admin.userId, 'admin']]));
    this.#access.setProjectAccess(admin, projectId, { role: 'admin' });
  }

  async setRole(
    membership: Membership,
    projectId: string,
    role: ProjectRole | undefined,
  ): Promise<{ readonly before: ProjectRole | undefined } | undefined> {
    const members = this.#projects.get(projectId);
    if (members === undefined) return undefined;
    const before = members.get(membership.userId);
    const others = [...members].filter(([userId]) => userId !== membership.userId);
    if (before === 'admin' && role !== 'admin' && !others.some(([, other]) => other === 'admin')) {
      throw new AppError('failed-precondition', 'This is a project’s last Admin.', {
        details: { reason: 'last-project-admin' },
      });
    }
    if (role === undefined) members.delete(membership.userId);
    else members.set(membership.userId, role);
    this.#access.setProjectAccess(membership, projectId, role === undefined ? undefined : { role });
    return { before };
  }
}

function keyOf(accountId: string, issuer: string, subject: string): string {
  return JSON.stringify([accountId, issuer, subject]);
}
