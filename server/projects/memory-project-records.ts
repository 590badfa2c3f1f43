import { AppError, type BucketAccess, type ProjectAccess, type ProjectRole } from '../core/index.ts';
import type { Member } from './collaborator-store.ts';
import type { Project, Viewer } from './project-store.ts';

export type Given<Access> = { readonly access: Access; readonly createdAt: Date };

/** Somebody of an account, as the stores in memory find them. */
export type MemoryMember = Member & { readonly isSuspended?: boolean };

/** The people and service IDs of an account. */
export type MembersOf = (accountId: string) => Promise<readonly MemoryMember[]>;

/** The rows that the stores in memory share. It holds viewers to their role, as PostgreSQL's policies do. */
export class MemoryProjectRecords {
  readonly projects = new Map<string, Project>();
  readonly membersOf: MembersOf;
  readonly #roles = new Map<string, Map<string, Given<ProjectRole>>>();
  readonly #grants = new Map<string, Map<string, Given<BucketAccess>>>();
  readonly #onAccess: (member: Viewer, projectId: string, access: ProjectAccess | undefined) => void;

  /** @param options.onAccess hears what somebody has in a project from now on */
  constructor(
    options: {
      readonly membersOf?: MembersOf;
      readonly onAccess?: (member: Viewer, projectId: string, access: ProjectAccess | undefined) => void;
    } = {},
  ) {
    this.membersOf = options.membersOf ?? (async () => []);
    this.#onAccess = options.onAccess ?? (() => {});
  }

  project({ accountId }: Viewer, id: string): Project | undefined {
    const project = this.projects.get(id);
    return project?.accountId === accountId ? project : undefined;
  }

  /** Everybody's role in a project. */
  roles(projectId: string): Map<string, Given<ProjectRole>> {
    return inner(this.#roles, projectId);
  }

  /** Everybody's access to a project's bucket. */
  grants(projectId: string): Map<string, Given<BucketAccess>> {
    return inner(this.#grants, projectId);
  }

  roleOf(viewer: Viewer, projectId: string): ProjectRole | undefined {
    return this.project(viewer, projectId) && this.roles(projectId).get(viewer.userId)?.access;
  }

  accessOf(viewer: Viewer, projectId: string): ProjectAccess | undefined {
    if (this.project(viewer, projectId) === undefined) return undefined;
    const [role, grant] = [this.roles(projectId).get(viewer.userId), this.grants(projectId).get(viewer.userId)];
    if (role === undefined && grant === undefined) return undefined;
    return { ...(role && { role: role.access }), ...(grant && { bucket: grant.access }) };
  }

  isAdmin(viewer: Viewer, projectId: string): boolean {
    return this.roleOf(viewer, projectId) === 'admin';
  }

  async member({ accountId }: Viewer, userId: string): Promise<MemoryMember | undefined> {
    return (await this.membersOf(accountId)).find((member) => member.userId === userId);
  }

  /** Tells what somebody has in the project now. */
  tellAccess({ accountId }: Viewer, userId: string, projectId: string): void {
    this.#onAccess({ accountId, userId }, projectId, this.accessOf({ accountId, userId }, projectId));
  }

  /** @throws AppError when `userId` is the project's only Admin and would not be one with `role` */
  requireAdminBeside(projectId: string, userId: string, role?: ProjectRole): void {
    const roles = this.roles(projectId);
    if (roles.get(userId)?.access !== 'admin' || role === 'admin') return;
    if ([...roles].some(([id, { access }]) => id !== userId && access === 'admin')) return;
    throw new AppError(
      'failed-precondition',
      'This is a project’s last Admin. Make somebody else an Admin of the project first.',
      { details: { reason: 'last-project-admin' } },
    );
  }
}

function inner<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = outer.get(key) ?? new Map<string, T>();
  outer.set(key, found);
  return found;
}
