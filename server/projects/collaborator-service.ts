import type { Audit } from '../audit/index.ts';
import {
  type Actor,
  type Authorize,
  type Clock,
  invalidField,
  isId,
  notFound,
  type ProjectRole,
} from '../core/index.ts';
import type { Collaborator, CollaboratorStore, Member } from './collaborator-store.ts';

/** Who has which role in a project. The last Admin of a project cannot be lost. Every change is recorded. */
export type CollaboratorService = {
  /** By name. Everybody with a role in the project sees the list. */
  list(actor: Actor, projectId: string): Promise<readonly Collaborator[]>;
  /**
   * People and service IDs of the account who have no role in the project yet: 20 at most. For Admins who may see the account's people too.
   * @param text part of a name or an e-mail address; empty for the first ones by name
   */
  listCandidates(actor: Actor, projectId: string, text: string): Promise<readonly Member[]>;
  /**
   * Gives somebody a role, in place of the one that they have.
   * @throws AppError `not-found` for somebody who is not in the account; `failed-precondition` (reason `last-project-admin`)
   */
  put(actor: Actor, projectId: string, userId: string, role: ProjectRole): Promise<Collaborator>;
  /**
   * Takes somebody's role away: an Admin anybody's, everybody their own.
   * @throws AppError `not-found` for somebody who has none; `failed-precondition` (reason `last-project-admin`)
   */
  remove(actor: Actor, projectId: string, userId: string): Promise<void>;
};

const MOST_CANDIDATES = 20;
const MAX_TEXT = 200;

export function createCollaboratorService(options: {
  readonly store: CollaboratorStore;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
}): CollaboratorService {
  const { store, authorize, audit, clock } = options;
  return {
    async list(actor, projectId) {
      await authorize(actor, { action: 'see-project', projectId });
      return store.list(actor, projectId);
    },

    async listCandidates(actor, projectId, text) {
      await authorize(actor, { action: 'manage-collaborators', projectId });
      // An Admin of a project learns no more of the account than whoever may look at its people, which a service ID may not. A key for this
      // project may: whoever adds people to the project must find them.
      const { scope: _, ...owner } = actor;
      await authorize(owner, { action: 'see-people' });
      if (text.length > MAX_TEXT) throw invalidField('q', `must have at most ${MAX_TEXT} characters`);
      return store.listCandidates(actor, projectId, { text: text.trim(), limit: MOST_CANDIDATES });
    },

    async put(actor, projectId, userId, role) {
      await authorize(actor, { action: 'manage-collaborators', projectId });
      if (!isId(userId)) throw notFound('person', userId);
      const { collaborator } = await audit.change(
        actor,
        ({ previousRole }) => ({
          action: previousRole === undefined ? 'collaborator.add' : 'collaborator.change',
          target: { type: 'project', id: projectId },
          projectId,
          details: { userId, role, ...(previousRole === undefined ? {} : { previousRole }) },
        }),
        async () => {
          const done = await store.put(actor, projectId, userId, role, clock.now());
          if (done === undefined) throw notFound('person', userId);
          return done;
        },
      );
      return collaborator;
    },

    async remove(actor, projectId, userId) {
      const action = userId === actor.userId ? 'see-project' : 'manage-collaborators';
      await authorize(actor, { action, projectId });
      if (!isId(userId)) throw notFound('person', userId);
      await audit.change(
        actor,
        (previousRole) => ({
          action: 'collaborator.remove',
          target: { type: 'project', id: projectId },
          projectId,
          details: { userId, previousRole },
        }),
        async () => {
          const role = await store.remove(actor, projectId, userId);
          if (role === undefined) throw notFound('person', userId);
          return role;
        },
      );
    },
  };
}
