/** Somebody who asks for something, after their credential was checked. First argument of every service. */
export type Actor = {
  /** The person or the service ID. */
  readonly userId: string;
  readonly accountId: string;
  /** How they proved who they are. */
  readonly via: 'login-session' | 'api-key' | 'access-token' | 'control-socket' | 'one-time-link';
  /** Their role in the account, where it was read together with the credential; an actor lives as long as one request. */
  readonly accountRole?: AccountRole;
  /** The login session or API key that they came with. */
  readonly credentialId?: string;
  /** When the API key that they came with ends; absent: it does not, or they came with none. */
  readonly credentialExpiresAt?: Date;
  /** What the credential is limited to; absent: whatever its owner may do. */
  readonly scope?: CredentialScope;
  /** The network address that they came from. */
  readonly address?: string;
};

/** What an API key, and the access tokens that are had for it, may be used for. Absent fields limit nothing. */
export type CredentialScope = {
  /** This project and no other; nothing of the account either. */
  readonly projectId?: string;
  readonly modelIds?: readonly string[];
  /** Running prompts, and nothing else. */
  readonly inferenceOnly?: boolean;
};

/** A role in an account. It opens no project. `service` is the one that service IDs have. */
export type AccountRole =
  | 'owner'
  | 'administrator'
  | 'member'
  | 'billing-viewer'
  | 'governance-administrator'
  | 'service';

/** Access to a project's bucket, given apart from roles in the project. */
export type BucketAccess = 'reader' | 'writer';

/** Everything that somebody has in a project. */
export type ProjectAccess = { readonly role?: ProjectRole; readonly bucket?: BucketAccess };

/** A role in a project, from the most to the least. See docs/glossary.md. */
export type ProjectRole = 'admin' | 'editor' | 'viewer';

/** What can be asked for in a project. Which role may do what is one table: `server/identity/access/permissions.ts`. */
export type ProjectAction =
  | 'see-project'
  | 'change-project'
  | 'delete-project'
  | 'see-project-key'
  | 'manage-project-key'
  | 'export-project'
  | 'import-project'
  | 'manage-collaborators'
  | 'list-assets'
  | 'open-asset'
  | 'write-asset'
  | 'run-prompt'
  | 'list-objects'
  | 'open-object'
  | 'write-object';

/** What can be asked for in an account or on the whole deployment. */
export type AccountAction =
  | 'create-project'
  | 'list-projects'
  | 'manage-api-keys'
  | 'manage-models'
  | 'see-models'
  | 'run-model'
  | 'see-people'
  | 'manage-people'
  | 'manage-account'
  | 'see-account-key'
  | 'manage-account-key'
  | 'read-audit'
  | 'manage-own-sign-in';

export type AuthorizationRequest =
  | { readonly action: ProjectAction; readonly projectId: string; readonly modelId?: string }
  | { readonly action: AccountAction; readonly modelId?: string };

/**
 * Returns when the actor may; otherwise throws `not-found` if they may not know of the project at all, `permission-denied` if they
 * know it but their role does not reach. Services call it in their first line.
 */
export type Authorize = (actor: Actor, request: AuthorizationRequest) => Promise<void>;
