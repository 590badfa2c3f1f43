import type { Audit, AuditEvent } from '../../audit/index.ts';
import {
  type Actor,
  AppError,
  type AuthorizationRequest,
  type Authorize,
  isAppError,
  isId,
  notFound,
} from '../../core/index.ts';
import type { AccessStore } from './access-store.ts';
import {
  accountPermissions,
  credentialActions,
  grantsOf,
  inferenceActions,
  projectPermissions,
  wholeProjectActions,
} from './permissions.ts';

/** Decides by the two tables of `permissions.ts` and by what the credential is limited to; see {@link Authorize} for what it answers. */
export function createAuthorize(store: AccessStore, audit: Pick<Audit, 'record'>): Authorize {
  return async (actor: Actor, request: AuthorizationRequest): Promise<void> => {
    try {
      requireScope(actor, request);
      await ('projectId' in request
        ? requireInProject(store, actor, request)
        : requireInAccount(store, actor, request));
    } catch (error) {
      if (isAppError(error, 'permission-denied')) await audit.record(actor, refusalOf(actor, request));
      throw error;
    }
  };
}

async function requireInProject(
  store: AccessStore,
  actor: Actor,
  { action, projectId }: Extract<AuthorizationRequest, { projectId: string }>,
): Promise<void> {
  // A malformed id is refused like an unknown one, and never reaches PostgreSQL.
  const access = isId(projectId) ? await store.findProjectAccess(actor, projectId) : undefined;
  if (access === undefined) throw notFound('project', projectId);
  const allowed = projectPermissions[action];
  const grants = grantsOf(access);
  if (grants.some((grant) => allowed.includes(grant))) return;
  throw new AppError(
    'permission-denied',
    `Your access to this project is ${grants.join(' and ')}; this needs ${allowed.join(' or ')}.`,
  );
}

async function requireInAccount(
  store: AccessStore,
  actor: Actor,
  { action }: AuthorizationRequest & { readonly action: keyof typeof accountPermissions },
): Promise<void> {
  const role = actor.accountRole ?? (await store.findAccountRole(actor));
  if (role === undefined) throw new AppError('unauthenticated', 'You are no longer a member of this account.');
  if (!accountPermissions[action].includes(role)) {
    throw new AppError(
      'permission-denied',
      `Your role in this account is ${role}; this needs ${accountPermissions[action].join(' or ')}.`,
    );
  }
  if (action === 'manage-models' && !(await store.isOperatingAccount(actor.accountId))) {
    throw new AppError('permission-denied', 'Models are managed by the account that operates this deployment.');
  }
}

/** What the credential is limited to comes before what its owner may: a key for one project knows of no other. */
function requireScope({ scope }: Actor, request: AuthorizationRequest): void {
  if (scope === undefined) return;
  if (scope.projectId !== undefined) {
    if ('projectId' in request) {
      if (request.projectId !== scope.projectId) throw notFound('project', request.projectId);
    } else if (request.action !== 'see-models' && request.action !== 'list-projects') {
      throw outOfScope('This API key is limited to one project.');
    }
  }
  if (credentialActions.has(request.action)) throw outOfScope('A limited API key manages no credentials.');
  if (wholeProjectActions.has(request.action)) throw outOfScope('A limited API key exports no project.');
  if (scope.inferenceOnly && !inferenceActions.has(request.action)) {
    throw outOfScope('This API key is for running prompts only.');
  }
  if (scope.modelIds !== undefined && request.modelId !== undefined && !scope.modelIds.includes(request.modelId)) {
    throw outOfScope(`This API key is not for the model "${request.modelId.slice(0, 200)}".`);
  }
}

function outOfScope(message: string): AppError {
  return new AppError('permission-denied', message, { details: { reason: 'api-key-scope' } });
}

/** What was typed in the place of an id may be anything, content too: only an id is recorded. */
function refusalOf(actor: Actor, request: AuthorizationRequest): AuditEvent {
  const projectId = 'projectId' in request && isId(request.projectId) ? request.projectId : undefined;
  return {
    action: 'permission.denied',
    target: projectId === undefined ? { type: 'account', id: actor.accountId } : { type: 'project', id: projectId },
    ...(projectId === undefined ? {} : { projectId }),
    outcome: 'denied',
    details: { deniedAction: request.action },
  };
}
