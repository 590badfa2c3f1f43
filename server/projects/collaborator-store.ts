import type { ProjectRole } from '../core/index.ts';
import type { Viewer } from './project-store.ts';

/** A person or a service ID of the account, as far as others see them. */
export type Member = {
  readonly userId: string;
  readonly kind: 'person' | 'service';
  readonly name: string;
  /** Null for a service ID. */
  readonly email: string | null;
};

/** Somebody who has a role in a project. */
export type Collaborator = Member & { readonly role: ProjectRole; readonly createdAt: Date };

/**
 * Port: roles in projects. A viewer's role decides what is found and changed: collaborators see the list, Admins change it, and everybody
 * may give back what is their own. Every method is one transaction, or part of the one around it (see `Database`).
 */
export type CollaboratorStore = {
  /** By name, then by id. */
  list(viewer: Viewer, projectId: string): Promise<readonly Collaborator[]>;
  /**
   * People and service IDs of the account who have no role in the project and are not suspended, by name, then by id.
   * @param query.text looked for in names and e-mail addresses, letter case aside
   */
  listCandidates(
    viewer: Viewer,
    projectId: string,
    query: { readonly text: string; readonly limit: number },
  ): Promise<readonly Member[]>;
  /**
   * Gives somebody a role, in place of the one that they have.
   * @returns what they have now, and the role from before; undefined when there is nobody of that id in the account
   * @throws AppError `not-found` when the project is gone or the viewer is no Admin of it (any more); `failed-precondition` (reason
   *   `last-project-admin`) rather than take the project's last Admin away.
   */
  put(
    viewer: Viewer,
    projectId: string,
    userId: string,
    role: ProjectRole,
    now: Date,
  ): Promise<{ readonly collaborator: Collaborator; readonly previousRole?: ProjectRole } | undefined>;
  /**
   * Takes somebody's role away.
   * @returns the role that they had; undefined when they had none that the viewer may take
   * @throws AppError `failed-precondition` (reason `last-project-admin`)
   */
  remove(viewer: Viewer, projectId: string, userId: string): Promise<ProjectRole | undefined>;
};
