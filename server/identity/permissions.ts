import type { AccountAction, AccountRole, ProjectAction, ProjectRole } from '../core/index.ts';

/**
 * Who may do what in a project. The seed: "Only people with Admin or Editor role access to the project … can view saved assets", so a
 * Viewer sees that assets exist (name, description, size, times) and opens none.
 */
export const projectPermissions: Readonly<Record<ProjectAction, readonly ProjectRole[]>> = {
  'see-project': ['admin', 'editor', 'viewer'],
  'list-assets': ['admin', 'editor', 'viewer'],
  'open-asset': ['admin', 'editor'],
  'write-asset': ['admin', 'editor'],
  'run-prompt': ['admin', 'editor'],
  'change-project': ['admin'],
  'delete-project': ['admin'],
};

/**
 * Who may do what in an account. None of these opens a project: an owner who is no collaborator of it does not even see it.
 */
export const accountPermissions: Readonly<Record<AccountAction, readonly AccountRole[]>> = {
  'create-project': ['owner', 'administrator', 'member'],
  'manage-api-keys': ['owner', 'administrator', 'member'],
  'see-models': ['owner', 'administrator', 'member'],
  'run-model': ['owner', 'administrator', 'member'],
  'manage-models': ['owner', 'administrator'],
  operate: ['owner'],
};
