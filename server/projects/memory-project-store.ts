import type { ProjectRole } from '../core/index.ts';
import type { Project, ProjectOfActor, ProjectStore, Viewer } from './project-store.ts';

/** The store in memory, for tests. Runs the same conformance suite as the one in PostgreSQL. */
export class MemoryProjectStore implements ProjectStore {
  readonly #projects = new Map<string, Project>();
  readonly #roles = new Map<string, ProjectRole>();

  async add(project: Project): Promise<void> {
    this.#projects.set(project.id, project);
    this.#roles.set(`${project.id}/${project.createdBy}`, 'admin');
  }

  async list(viewer: Viewer): Promise<readonly ProjectOfActor[]> {
    const found = await Promise.all([...this.#projects.keys()].map((id) => this.find(viewer, id)));
    return found
      .filter((project) => project !== undefined)
      .sort((one, other) => compare(one.name, other.name) || compare(one.id, other.id));
  }

  async find({ accountId, userId }: Viewer, id: string): Promise<ProjectOfActor | undefined> {
    const project = this.#projects.get(id);
    const role = this.#roles.get(`${id}/${userId}`);
    return project?.accountId === accountId && role !== undefined ? { ...project, role } : undefined;
  }

  async update(
    accountId: string,
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<boolean> {
    const project = this.#projects.get(id);
    if (project?.accountId !== accountId) return false;
    this.#projects.set(id, { ...project, ...change });
    return true;
  }

  async delete(accountId: string, id: string): Promise<void> {
    if (this.#projects.get(id)?.accountId === accountId) this.#projects.delete(id);
  }
}

/** By code point, as PostgreSQL compares under the C.UTF-8 locale. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
