/** Who may do what, thought out a second time: nothing of the server is imported but the names of its roles and actions. */
import type { BucketAccess, ProjectAction, ProjectRole } from '../../../server/core/index.ts';

/** Eve is in another account; the robot is a service ID. */
export const everybody = ['owner', 'bo', 'carol', 'robot', 'eve'] as const;
export type Name = (typeof everybody)[number];

export type Outcome = 'ok' | 'unauthenticated' | 'not-found' | 'permission-denied' | 'failed-precondition';

/** An API key; everybody has one without a limit. */
export type Key = {
  readonly owner: Name;
  readonly limit?: { readonly project: number } | 'running prompts';
  isDeleted: boolean;
};

type Project = {
  readonly roles: Map<Name, ProjectRole>;
  readonly grants: Map<Name, BucketAccess>;
  isDeleted: boolean;
};

const viewer: readonly ProjectAction[] = ['see-project', 'list-assets'];
const reader: readonly ProjectAction[] = ['list-objects', 'open-object'];
const writer: readonly ProjectAction[] = [...reader, 'write-object'];
const editor: readonly ProjectAction[] = [...viewer, ...writer, 'open-asset', 'write-asset', 'run-prompt'];
const admin: readonly ProjectAction[] = [...editor, 'change-project', 'manage-collaborators', 'delete-project'];
const reach = { viewer, reader, writer, editor, admin } as const;
export const projectActions = admin;

export class AccessModel {
  readonly keys: Key[] = everybody.map((owner) => ({ owner, isDeleted: false }));
  readonly projects: Project[] = [];
  readonly suspended = new Set<Name>();
  readonly removed = new Set<Name>();

  /** What becomes of a request for an action in a project with a key. */
  outcome(key: Key, action: ProjectAction, number: number): Outcome {
    if (!this.isValid(key)) return 'unauthenticated';
    const { limit, owner } = key;
    if (typeof limit === 'object' && limit.project !== number) return 'not-found';
    if (limit === 'running prompts' && action !== 'run-prompt') return 'permission-denied';
    const given = this.given(owner, number);
    if (given.length === 0) return 'not-found';
    return given.some((one) => reach[one].includes(action)) ? 'ok' : 'permission-denied';
  }

  isValid({ owner, isDeleted }: Key): boolean {
    return !isDeleted && !this.suspended.has(owner) && !this.removed.has(owner);
  }

  /** Everything that somebody has in a project. */
  given(name: Name, number: number): readonly (ProjectRole | BucketAccess)[] {
    const project = this.live(number);
    return [project?.roles.get(name), project?.grants.get(name)].filter((one) => one !== undefined);
  }

  live(number: number): Project | undefined {
    const project = this.projects[number];
    return project?.isDeleted === false ? project : undefined;
  }

  admins(number: number): readonly Name[] {
    return [...(this.live(number)?.roles ?? [])].filter(([, role]) => role === 'admin').map(([name]) => name);
  }

  createProject(key: Key): Outcome {
    if (!this.isValid(key)) return 'unauthenticated';
    if (key.limit !== undefined || key.owner === 'robot') return 'permission-denied';
    this.projects.push({ roles: new Map([[key.owner, 'admin']]), grants: new Map(), isDeleted: false });
    return 'ok';
  }

  deleteProject(key: Key, number: number): Outcome {
    const project = this.projects[number];
    const outcome = this.outcome(key, 'delete-project', number);
    if (outcome !== 'ok' || project === undefined) return outcome;
    project.isDeleted = true;
    for (const one of this.keys) if (limitedTo(one, number)) one.isDeleted = true;
    return 'ok';
  }

  putRole(key: Key, number: number, who: Name, role: ProjectRole): Outcome {
    const outcome = this.outcome(key, 'manage-collaborators', number);
    if (outcome !== 'ok') return outcome;
    if (!this.#isInAccountOf(key.owner, who)) return 'not-found';
    if (role !== 'admin' && this.#isLastAdmin(number, who)) return 'failed-precondition';
    this.live(number)?.roles.set(who, role);
    return 'ok';
  }

  removeRole(key: Key, number: number, who: Name): Outcome {
    const outcome = this.outcome(key, key.owner === who ? 'see-project' : 'manage-collaborators', number);
    if (outcome !== 'ok') return outcome;
    if (this.#isLastAdmin(number, who)) return 'failed-precondition';
    return this.live(number)?.roles.delete(who) ? 'ok' : 'not-found';
  }

  putGrant(key: Key, number: number, who: Name, access: BucketAccess): Outcome {
    const outcome = this.outcome(key, 'manage-collaborators', number);
    if (outcome !== 'ok') return outcome;
    if (!this.#isInAccountOf(key.owner, who)) return 'not-found';
    this.live(number)?.grants.set(who, access);
    return 'ok';
  }

  removeGrant(key: Key, number: number, who: Name): Outcome {
    const outcome = this.outcome(key, key.owner === who ? 'list-objects' : 'manage-collaborators', number);
    if (outcome !== 'ok') return outcome;
    return this.live(number)?.grants.delete(who) ? 'ok' : 'not-found';
  }

  suspend(who: Name, isSuspended: boolean): Outcome {
    if (this.removed.has(who)) return 'not-found';
    if (isSuspended) this.suspended.add(who);
    else this.suspended.delete(who);
    return 'ok';
  }

  remove(who: Name): Outcome {
    if (this.removed.has(who)) return 'not-found';
    if (this.projects.some((_, number) => this.#isLastAdmin(number, who))) return 'failed-precondition';
    this.removed.add(who);
    for (const project of this.projects) {
      project.roles.delete(who);
      project.grants.delete(who);
    }
    return 'ok';
  }

  createKey(owner: Name, limit: NonNullable<Key['limit']>): Outcome {
    if (!this.isValid({ owner, isDeleted: false })) return 'unauthenticated';
    if (typeof limit === 'object' && this.given(owner, limit.project).length === 0) return 'not-found';
    this.keys.push({ owner, limit, isDeleted: false });
    return 'ok';
  }

  deleteKey(key: Key): Outcome {
    if (!this.isValid({ owner: key.owner, isDeleted: false })) return 'unauthenticated';
    if (key.isDeleted) return 'not-found';
    key.isDeleted = true;
    return 'ok';
  }

  #isLastAdmin(number: number, who: Name): boolean {
    const admins = this.admins(number);
    return admins.length === 1 && admins[0] === who;
  }

  #isInAccountOf(name: Name, who: Name): boolean {
    return (name === 'eve') === (who === 'eve') && !this.removed.has(who);
  }
}

function limitedTo({ limit }: Key, number: number): boolean {
  return typeof limit === 'object' && limit.project === number;
}
