import type { AccountAction, AccountRole, CredentialScope, ProjectAccess } from '../../../server/core/index.ts';
import { accountPermissions, projectPermissions } from '../../../server/identity/index.ts';
import type { Operation } from './operations.ts';

/** Somebody in the matrix, as the policy knows them. */
export type ActorKind = {
  readonly name: string;
  /** Undefined: they are nobody to this server (any more), whatever they send. */
  readonly credential?: 'login-session' | 'api-key';
  /** `A` has the project; `B` is another account on the same deployment. */
  readonly account?: 'A' | 'B';
  readonly accountRole?: AccountRole;
  /** What they have in the project. */
  readonly access?: ProjectAccess;
  readonly scope?: 'this-project' | 'other-project' | 'inference-only' | 'other-model';
  /** The project's Admin, to whom the key and the session of the matrix belong. */
  readonly isAdmin?: true;
};

const session = (name: string, accountRole: AccountRole, rest: Partial<ActorKind> = {}): ActorKind => ({
  name,
  credential: 'login-session',
  account: 'A',
  accountRole,
  ...rest,
});
const key = (name: string, accountRole: AccountRole, rest: Partial<ActorKind> = {}): ActorKind => ({
  ...session(name, accountRole, rest),
  credential: 'api-key',
});

/** In this order; the world makes each of them by name. */
export const actorKinds: readonly ActorKind[] = [
  { name: 'no login' },
  { name: 'an expired key' },
  { name: 'a revoked key' },
  { name: 'an ended session' },
  { name: 'a suspended person' },
  { name: 'a removed person' },
  { name: 'a token of a revoked key' },
  session('another account’s owner', 'owner', { account: 'B' }),
  key('a key of another account’s owner', 'owner', { account: 'B' }),
  session('the account’s owner outside the project', 'owner'),
  session('an administrator outside the project', 'administrator'),
  session('a member outside the project', 'member'),
  session('a billing viewer', 'billing-viewer'),
  session('a governance administrator', 'governance-administrator'),
  session('a Viewer', 'member', { access: { role: 'viewer' } }),
  key('a key of a Viewer', 'member', { access: { role: 'viewer' } }),
  session('an Editor', 'member', { access: { role: 'editor' } }),
  session('an Admin', 'member', { access: { role: 'admin' }, isAdmin: true }),
  key('a key of an Admin', 'member', { access: { role: 'admin' }, isAdmin: true }),
  session('a bucket reader', 'member', { access: { bucket: 'reader' } }),
  session('a bucket writer', 'member', { access: { bucket: 'writer' } }),
  key('a service ID that is Editor', 'service', { access: { role: 'editor' } }),
  key('a key for this project', 'member', { access: { role: 'admin' }, scope: 'this-project', isAdmin: true }),
  key('a key for another project', 'member', { access: { role: 'admin' }, scope: 'other-project', isAdmin: true }),
  key('a key for running prompts', 'member', { access: { role: 'admin' }, scope: 'inference-only', isAdmin: true }),
  key('a key for another model', 'member', { access: { role: 'admin' }, scope: 'other-model', isAdmin: true }),
];

export type Outcome = 'unauthenticated' | 'denied' | 'not-found' | 'allowed';

/** Which id of the call never existed. */
export type Unknown = 'project' | 'thing' | undefined;

/** What the policy says: the two tables that people read, the limits of keys, and that a foreign thing is not there. */
export function expectedOutcome(actor: ActorKind, { needs, things }: Operation, unknown: Unknown): Outcome {
  if ('open' in needs) return 'allowed';
  if ('controlSocket' in needs) return 'not-found';
  if (actor.credential === undefined || actor.accountRole === undefined) return 'unauthenticated';
  if ('credential' in needs) return 'allowed';
  if ('project' in needs) return inProject(actor, needs.project, unknown);
  const action = 'account' in needs ? needs.account : needs.own;
  const isInference = action === 'see-models' || action === 'run-model';
  if (actor.scope === 'inference-only' && !isInference) return 'denied';
  if (actor.scope === 'other-model' && (action === 'run-model' || leadsToCredentials(action))) return 'denied';
  if (actor.scope === 'this-project' || actor.scope === 'other-project') {
    // OpenAI's calls name no project: with a key for one they run in it.
    return isInference || action === 'list-projects' ? 'allowed' : 'denied';
  }
  if (!accountPermissions[action].includes(actor.accountRole)) return 'denied';
  // Models are the whole deployment's: the first account operates it.
  if (action === 'manage-models' && actor.account === 'B') return 'denied';
  if (needs.session === true && actor.credential !== 'login-session') return 'denied';
  if ('own' in needs) {
    if (needs.isAdmins === true && actor.isAdmin !== true) return 'not-found';
  } else if (actor.account === 'B' && things !== undefined) return 'not-found';
  return unknown === undefined ? 'allowed' : 'not-found';
}

/** A limited key that could do these would make itself one that is not. */
function leadsToCredentials(action: AccountAction): boolean {
  return ['manage-own-sign-in', 'manage-api-keys', 'manage-people', 'manage-account'].includes(action);
}

function inProject(actor: ActorKind, action: keyof typeof projectPermissions, unknown: Unknown): Outcome {
  const isInference = action === 'run-prompt';
  if (actor.scope === 'other-project') return 'not-found';
  if (actor.scope === 'inference-only' && !isInference) return 'denied';
  if (actor.scope === 'other-model' && isInference) return 'denied';
  // A key for this project names one that never existed: that is another project.
  if (actor.scope === 'this-project' && unknown === 'project') return 'not-found';
  if (actor.scope !== undefined && action === 'export-project') return 'denied';
  if (unknown === 'project' || actor.account !== 'A' || actor.access === undefined) return 'not-found';
  const { role, bucket } = actor.access;
  const allowed = projectPermissions[action];
  const isAllowed =
    (role !== undefined && allowed.includes(role)) || (bucket !== undefined && allowed.includes(`bucket-${bucket}`));
  if (!isAllowed) return 'denied';
  return unknown === 'thing' ? 'not-found' : 'allowed';
}

/** The scope of a key, given the ids that the world made. */
export function scopeOf(
  { scope }: ActorKind,
  ids: { readonly projectId: string; readonly otherProjectId: string },
): CredentialScope {
  switch (scope) {
    case 'this-project':
      return { projectId: ids.projectId };
    case 'other-project':
      return { projectId: ids.otherProjectId };
    case 'inference-only':
      return { inferenceOnly: true };
    case 'other-model':
      return { modelIds: ['nobody/nothing'] };
    default:
      return {};
  }
}
