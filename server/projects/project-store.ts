import type { Actor, ProjectRole } from '../core/index.ts';

export type Project = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly description: string;
  readonly createdBy: string;
  readonly createdAt: Date;
};

/** A project as somebody sees it: with their own role. */
export type ProjectOfActor = Project & { readonly role: ProjectRole };

/** Who looks or acts: a user in an account. A store finds and changes what their role reaches, and nothing else. */
export type Viewer = Pick<Actor, 'accountId' | 'userId'>;

/** Port: projects and their members. Every method is one transaction, or part of the one around it (see `Database`). */
export type ProjectStore = {
  /** Adds the project and makes its creator its Admin, both or neither. */
  add(project: Project): Promise<void>;
  /** The projects that the viewer is a member of, by name, then by id. */
  list(viewer: Viewer): Promise<readonly ProjectOfActor[]>;
  /** Undefined when there is none, or the viewer is no member of it. */
  find(viewer: Viewer, id: string): Promise<ProjectOfActor | undefined>;
  /** False when there is none of which the viewer is an Admin. */
  update(
    viewer: Viewer,
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<boolean>;
  /** Removes the project with its keys, its members and everything that belongs to it. False when there is none of which the viewer is an Admin. */
  delete(viewer: Viewer, id: string): Promise<boolean>;
  /** Removes every project of an account, as {@link delete} does. It asks for nobody's role: the account itself goes. @returns their ids */
  deleteAll(accountId: string): Promise<readonly string[]>;
};
