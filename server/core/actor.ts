/** Somebody who asks for something, after their credential was checked. First argument of every service. */
export type Actor = {
  readonly userId: string;
  readonly accountId: string;
  /** How they proved who they are. */
  readonly via: 'login-session' | 'api-key' | 'access-token' | 'control-socket';
  /** Their role in the account, where it was read together with the credential; an actor lives as long as one request. */
  readonly accountRole?: AccountRole;
};

/** A role in an account. It opens no project. */
export type AccountRole = 'owner' | 'administrator' | 'member';

/** A role in a project, from the most to the least. See docs/glossary.md. */
export type ProjectRole = 'admin' | 'editor' | 'viewer';

/** What can be asked for in a project. Which role may do what is one table: `server/identity/permissions.ts`. */
export type ProjectAction =
  | 'see-project'
  | 'change-project'
  | 'delete-project'
  | 'list-assets'
  | 'open-asset'
  | 'write-asset'
  | 'run-prompt';

/** What can be asked for in an account or on the whole deployment. */
export type AccountAction =
  | 'create-project'
  | 'manage-api-keys'
  | 'manage-models'
  | 'see-models'
  | 'run-model'
  | 'operate';

export type AuthorizationRequest =
  | { readonly action: ProjectAction; readonly projectId: string }
  | { readonly action: AccountAction };

/**
 * Returns when the actor may; otherwise throws `not-found` if they may not know of the project at all, `permission-denied` if they
 * know it but their role does not reach. Services call it in their first line.
 */
export type Authorize = (actor: Actor, request: AuthorizationRequest) => Promise<void>;
