import { notFound, type ProjectRole } from '../core/index.ts';
import type { Collaborator, CollaboratorStore, Member } from './collaborator-store.ts';
import type { Given, MemoryMember, MemoryProjectRecords } from './memory-project-records.ts';
import { compare } from './memory-project-store.ts';
import type { Viewer } from './project-store.ts';

/** The store in memory, for tests. */
export class MemoryCollaboratorStore implements CollaboratorStore {
  readonly #records: MemoryProjectRecords;

  constructor(records: MemoryProjectRecords) {
    this.#records = records;
  }

  async list(viewer: Viewer, projectId: string): Promise<readonly Collaborator[]> {
    const seesAll = this.#records.roleOf(viewer, projectId) !== undefined;
    if (!seesAll) return [];
    return (await withMembers(this.#records, viewer, this.#records.roles(projectId))).map(
      ({ access: role, ...collaborator }) => ({ ...collaborator, role }),
    );
  }

  async listCandidates(
    viewer: Viewer,
    projectId: string,
    { text, limit }: { readonly text: string; readonly limit: number },
  ): Promise<readonly Member[]> {
    const wanted = text.toLowerCase();
    const roles = this.#records.roles(projectId);
    return (await this.#records.membersOf(viewer.accountId))
      .filter(({ userId, isSuspended }) => isSuspended !== true && !roles.has(userId))
      .filter(({ name, email }) => [name, email ?? ''].some((field) => field.toLowerCase().includes(wanted)))
      .map(shown)
      .sort(byName)
      .slice(0, limit);
  }

  async put(
    viewer: Viewer,
    projectId: string,
    userId: string,
    role: ProjectRole,
    now: Date,
  ): Promise<{ readonly collaborator: Collaborator; readonly previousRole?: ProjectRole } | undefined> {
    const member = await this.#records.member(viewer, userId);
    if (member === undefined) return undefined;
    if (!this.#records.isAdmin(viewer, projectId)) throw notFound('project', projectId);
    this.#records.requireAdminBeside(projectId, userId, role);
    const roles = this.#records.roles(projectId);
    const before = roles.get(userId);
    const createdAt = before?.createdAt ?? now;
    roles.set(userId, { access: role, createdAt });
    this.#records.tellAccess(viewer, userId, projectId);
    const collaborator = { ...shown(member), role, createdAt };
    return before === undefined ? { collaborator } : { collaborator, previousRole: before.access };
  }

  async remove(viewer: Viewer, projectId: string, userId: string): Promise<ProjectRole | undefined> {
    const mayRemove = userId === viewer.userId || this.#records.isAdmin(viewer, projectId);
    if (!mayRemove || this.#records.project(viewer, projectId) === undefined) return undefined;
    this.#records.requireAdminBeside(projectId, userId);
    const roles = this.#records.roles(projectId);
    const before = roles.get(userId);
    roles.delete(userId);
    this.#records.tellAccess(viewer, userId, projectId);
    return before?.access;
  }
}

/** What everybody was given, with their names, by name. */
export async function withMembers<Access>(
  records: MemoryProjectRecords,
  { accountId }: Viewer,
  given: ReadonlyMap<string, Given<Access>>,
): Promise<readonly (Member & Given<Access>)[]> {
  const members = await records.membersOf(accountId);
  return members
    .flatMap((member) => {
      const found = given.get(member.userId);
      return found === undefined ? [] : [{ ...shown(member), ...found }];
    })
    .sort(byName);
}

/** Without what others do not see. */
export function shown({ userId, kind, name, email }: MemoryMember): Member {
  return { userId, kind, name, email };
}

function byName(one: Member, other: Member): number {
  return compare(one.name, other.name) || compare(one.userId, other.userId);
}
