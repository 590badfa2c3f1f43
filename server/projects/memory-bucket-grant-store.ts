import { type BucketAccess, notFound } from '../core/index.ts';
import type { BucketGrant, BucketGrantStore, GrantedBucket } from './bucket-grant-store.ts';
import { shown, withMembers } from './memory-collaborator-store.ts';
import type { MemoryProjectRecords } from './memory-project-records.ts';
import { compare } from './memory-project-store.ts';
import type { Viewer } from './project-store.ts';

/** The store in memory, for tests. */
export class MemoryBucketGrantStore implements BucketGrantStore {
  readonly #records: MemoryProjectRecords;

  constructor(records: MemoryProjectRecords) {
    this.#records = records;
  }

  async list(viewer: Viewer, projectId: string): Promise<readonly BucketGrant[]> {
    const all = await withMembers(this.#records, viewer, this.#records.grants(projectId));
    const seesAll = this.#records.roleOf(viewer, projectId) !== undefined;
    return seesAll ? all : all.filter(({ userId }) => userId === viewer.userId);
  }

  async listGranted(viewer: Viewer): Promise<readonly GrantedBucket[]> {
    return [...this.#records.projects.values()]
      .flatMap(({ id, name }) => {
        const access = this.#records.accessOf(viewer, id)?.bucket;
        return access === undefined ? [] : [{ projectId: id, projectName: name, access }];
      })
      .sort((one, other) => compare(one.projectName, other.projectName) || compare(one.projectId, other.projectId));
  }

  async put(
    viewer: Viewer,
    projectId: string,
    userId: string,
    access: BucketAccess,
    now: Date,
  ): Promise<{ readonly grant: BucketGrant; readonly previousAccess?: BucketAccess } | undefined> {
    const member = await this.#records.member(viewer, userId);
    if (member === undefined) return undefined;
    if (!this.#records.isAdmin(viewer, projectId)) throw notFound('project', projectId);
    const grants = this.#records.grants(projectId);
    const before = grants.get(userId);
    const createdAt = before?.createdAt ?? now;
    grants.set(userId, { access, createdAt });
    this.#records.tellAccess(viewer, userId, projectId);
    const grant = { ...shown(member), access, createdAt };
    return before === undefined ? { grant } : { grant, previousAccess: before.access };
  }

  async remove(viewer: Viewer, projectId: string, userId: string): Promise<BucketAccess | undefined> {
    const mayRemove = userId === viewer.userId || this.#records.isAdmin(viewer, projectId);
    if (!mayRemove || this.#records.project(viewer, projectId) === undefined) return undefined;
    const grants = this.#records.grants(projectId);
    const before = grants.get(userId);
    grants.delete(userId);
    this.#records.tellAccess(viewer, userId, projectId);
    return before?.access;
  }
}
