import { MemoryProjectRecords } from './memory-project-records.ts';
import type { Project, ProjectOfActor, ProjectStore, Viewer } from './project-store.ts';

/** The store in memory, for tests. Runs the same conformance suite as the one in PostgreSQL. */
export class MemoryProjectStore implements ProjectStore {
  readonly #records: MemoryProjectRecords;

  constructor(records = new MemoryProjectRecords()) {
    this.#records = records;
  }

  async add(project: Project): Promise<void> {
    const { id, accountId, createdBy, createdAt } = project;
    this.#records.projects.set(id, project);
    this.#records.roles(id).set(createdBy, { access: 'admin', createdAt });
    this.#records.tellAccess({ accountId, userId: createdBy }, createdBy, id);
  }

  async list(viewer: Viewer): Promise<readonly ProjectOfActor[]> {
    const found = await Promise.all([...this.#records.projects.keys()].map((id) => this.find(viewer, id)));
    return found
      .filter((project) => project !== undefined)
      .sort((one, other) => compare(one.name, other.name) || compare(one.id, other.id));
  }

  async find(viewer: Viewer, id: string): Promise<ProjectOfActor | undefined> {
    const project = this.#records.project(viewer, id);
    const role = this.#records.roleOf(viewer, id);
    return project && role && { ...project, role };
  }

  async update(
    viewer: Viewer,
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<boolean> {
    const project = this.#records.project(viewer, id);
    if (project === undefined || !this.#records.isAdmin(viewer, id)) return false;
    this.#records.projects.set(id, { ...project, ...change });
    return true;
  }

  async delete(viewer: Viewer, id: string): Promise<boolean> {
    if (!this.#records.isAdmin(viewer, id)) return false;
    this.#remove(viewer.accountId, id);
    return true;
  }

  async deleteAll(accountId: string): Promise<readonly string[]> {
    const ids = [...this.#records.projects.values()].filter((one) => one.accountId === accountId).map(({ id }) => id);
    for (const id of ids) this.#remove(accountId, id);
    return ids;
  }

  #remove(accountId: string, id: string): void {
    const userIds = [...this.#records.roles(id).keys(), ...this.#records.grants(id).keys()];
    this.#records.projects.delete(id);
    for (const userId of userIds) this.#records.tellAccess({ accountId, userId }, userId, id);
  }
}

/** By code point, as PostgreSQL compares under the C.UTF-8 locale. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
