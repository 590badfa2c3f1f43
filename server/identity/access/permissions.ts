import type { AccountAction, AccountRole, ProjectAccess, ProjectAction, ProjectRole } from '../../core/index.ts';

/** What somebody can have in a project: a role, or a grant of its bucket, or both. */
export type ProjectGrant = ProjectRole | 'bucket-reader' | 'bucket-writer';

/**
 * Who may do what in a project. The seed: "Only people with Admin or Editor role access to the project or the project storage bucket can
 * view saved assets", so a Viewer sees that assets exist (name, description, size, times) and opens none, and somebody who was granted the
 * bucket sees its objects and nothing else of the project. Row-level security holds the same lines, see `0002-people.sql`.
 */
export const projectPermissions: Readonly<Record<ProjectAction, readonly ProjectGrant[]>> = {
  'see-project': ['admin', 'editor', 'viewer'],
  'list-assets': ['admin', 'editor', 'viewer'],
  'open-asset': ['admin', 'editor'],
  'write-asset': ['admin', 'editor'],
  'run-prompt': ['admin', 'editor'],
  'list-objects': ['admin', 'editor', 'bucket-reader', 'bucket-writer'],
  'open-object': ['admin', 'editor', 'bucket-reader', 'bucket-writer'],
  'write-object': ['admin', 'editor', 'bucket-writer'],
  'change-project': ['admin'],
  'manage-collaborators': ['admin'],
  'delete-project': ['admin'],
  'see-project-key': ['admin', 'editor', 'viewer'],
  'manage-project-key': ['admin'],
  'export-project': ['admin'],
  'import-project': ['admin'],
};

const PEOPLE: readonly AccountRole[] = [
  'owner',
  'administrator',
  'member',
  'billing-viewer',
  'governance-administrator',
];
const USERS_OF_MODELS: readonly AccountRole[] = ['owner', 'administrator', 'member', 'governance-administrator'];
const ADMINISTRATORS: readonly AccountRole[] = ['owner', 'administrator'];

/**
 * Who may do what in an account. None of these opens a project: an owner who is no collaborator of it does not even see it.
 * Models are the whole deployment's, so only administrators of the account that operates it manage them.
 */
export const accountPermissions: Readonly<Record<AccountAction, readonly AccountRole[]>> = {
  'create-project': USERS_OF_MODELS,
  /** One's own projects and buckets: whatever somebody has a part in. */
  'list-projects': [...PEOPLE, 'service'],
  'see-models': [...PEOPLE, 'service'],
  'run-model': [...USERS_OF_MODELS, 'service'],
  'manage-own-sign-in': PEOPLE,
  'manage-api-keys': PEOPLE,
  'see-people': PEOPLE,
  'manage-people': ADMINISTRATORS,
  'manage-account': ADMINISTRATORS,
  'see-account-key': ADMINISTRATORS,
  'manage-account-key': ADMINISTRATORS,
  'manage-models': ADMINISTRATORS,
  'read-audit': [...ADMINISTRATORS, 'governance-administrator'],
};

/** What of it an API key for running prompts only may be used for. */
export const inferenceActions: ReadonlySet<ProjectAction | AccountAction> = new Set([
  'run-prompt',
  'run-model',
  'see-models',
]);

/** What no limited API key may be used for, however it is limited: each of these leads to a credential that is not. */
export const credentialActions: ReadonlySet<ProjectAction | AccountAction> = new Set([
  'manage-own-sign-in',
  'manage-api-keys',
  'manage-people',
  'manage-account',
]);

/** What takes a whole project away: no limited API key may, as it would have more at once than it is for. */
export const wholeProjectActions: ReadonlySet<ProjectAction | AccountAction> = new Set(['export-project']);

/** Somebody's grants in a project, as the table names them. */
export function grantsOf({ role, bucket }: ProjectAccess): readonly ProjectGrant[] {
  return [...(role === undefined ? [] : [role]), ...(bucket === undefined ? [] : [`bucket-${bucket}` as const])];
}
