import { type Actor, AppError, type AuthorizationRequest, type Authorize, isId, notFound } from '../core/index.ts';
import type { IdentityStore } from './identity-store.ts';
import { accountPermissions, projectPermissions } from './permissions.ts';

/** Decides by the two tables of `permissions.ts`; see {@link Authorize} for what it answers. */
export function createAuthorize(store: Pick<IdentityStore, 'findProjectRole' | 'findAccountRole'>): Authorize {
  return async (actor: Actor, request: AuthorizationRequest): Promise<void> => {
    if ('projectId' in request) {
      const { action, projectId } = request;
      // A malformed id is refused like an unknown one, and never reaches PostgreSQL.
      const role = isId(projectId) ? await store.findProjectRole(actor, projectId) : undefined;
      if (role === undefined) throw notFound('project', projectId);
      if (projectPermissions[action].includes(role)) return;
      throw new AppError(
        'permission-denied',
        `Your role in this project is ${role}; this needs ${projectPermissions[action].join(' or ')}.`,
      );
    }
    const role = actor.accountRole ?? (await store.findAccountRole(actor));
    if (role === undefined) throw new AppError('unauthenticated', 'You are no longer a member of this account.');
    if (accountPermissions[request.action].includes(role)) return;
    throw new AppError(
      'permission-denied',
      `Your role in this account is ${role}; this needs ${accountPermissions[request.action].join(' or ')}.`,
    );
  };
}
