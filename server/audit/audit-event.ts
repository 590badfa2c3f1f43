import type { AccountRole, Actor, BucketAccess, ProjectRole } from '../core/index.ts';

/** Everything that is recorded: noun, then verb. A name never changes: exports and alerts are built on it. */
export const auditActions = [
  'account.create',
  'account.change',
  'account.remove',
  'person.invite',
  'person.join',
  'person.change',
  'person.remove',
  'invitation.revoke',
  'password.change',
  'password-reset.create',
  'password-reset.use',
  'second-factor.enable',
  'second-factor.disable',
  'recovery-codes.create',
  'recovery-code.use',
  'passkey.add',
  'passkey.remove',
  'login-session.begin',
  'login-session.end',
  'service-id.create',
  'service-id.change',
  'service-id.remove',
  'api-key.create',
  'api-key.rotate',
  'api-key.delete',
  'access-token.issue',
  'signing-key.rotate',
  'project.create',
  'project.change',
  'project.delete',
  'project.export',
  'project.import',
  'key.bind',
  'key.rotate',
  'key.disable',
  'key.enable',
  'key.destroy',
  'collaborator.add',
  'collaborator.change',
  'collaborator.remove',
  'bucket-grant.add',
  'bucket-grant.change',
  'bucket-grant.remove',
  'asset.create',
  'asset.open',
  'asset.change',
  'asset.delete',
  'asset.expire',
  'asset.lock-take-over',
  'asset-part.add',
  'asset-part.open',
  'asset-part.delete',
  'asset-part.expire',
  'upload.cancel',
  'upload.expire',
  'object.open',
  'object.put',
  'object.delete',
  'model.pull',
  'model.import',
  'model.remove',
  'audit.export',
  'audit.trim',
  'permission.denied',
] as const;
export type AuditAction = (typeof auditActions)[number];

export const auditTargetTypes = [
  'account',
  'person',
  'invitation',
  'service-id',
  'login-session',
  'api-key',
  'passkey',
  'project',
  'key',
  'asset',
  'asset-part',
  'upload',
  'object',
  'model',
  'signing-key',
  'audit-log',
] as const;
export type AuditTargetType = (typeof auditTargetTypes)[number];

/** `denied`: a role did not reach. `failure`: a credential was not right. */
export type AuditOutcome = 'success' | 'denied' | 'failure';

/**
 * What happened, without content: identifiers and words of closed lists. No name, no description, no text that somebody typed is in an
 * event, since an event is never deleted with the thing that it is about.
 */
export type AuditEvent = {
  readonly action: AuditAction;
  readonly target: { readonly type: AuditTargetType; readonly id?: string };
  readonly projectId?: string;
  /** Absent: `success`. */
  readonly outcome?: AuditOutcome;
  readonly details?: AuditDetails;
};

export type AuditDetails = {
  readonly role?: AccountRole | ProjectRole;
  readonly previousRole?: AccountRole | ProjectRole;
  readonly bucketAccess?: BucketAccess;
  readonly previousBucketAccess?: BucketAccess;
  /** Whom a grant, a link or a key is for. */
  readonly userId?: string;
  /** The action that was asked for and denied. */
  readonly deniedAction?: string;
  readonly method?: 'password' | 'passkey' | 'identity-provider' | 'totp' | 'recovery-code' | 'api-key' | 'set-up-link';
  /** Names of the fields that were changed, as the app's API names them. */
  readonly fields?: readonly string[];
  readonly retentionDays?: number;
  /** The KMS provider of a key, as the operator named it. */
  readonly keyProviderId?: string;
  /** Of what was deleted, hexadecimal: of one object, the SHA-256 that it was kept with; of several, the SHA-256 over theirs; see `SealedDigests`. */
  readonly sealedSha256?: string;
  /** Of the parts of an asset that were added, opened, deleted or had expired. */
  readonly partNumbers?: readonly number[];
  /** Of the oldest parts of an asset, which were destroyed as there are not more than so many. */
  readonly destroyedPartNumbers?: readonly number[];
  /** Of somebody who was suspended, or resumed. */
  readonly isSuspended?: boolean;
};

/** Whose act it is; see {@link theServer}. */
export type AuditActor = Pick<Actor, 'accountId' | 'userId' | 'credentialId' | 'address'> & {
  readonly via: Actor['via'] | 'server';
};

/** For what the server does in an account by itself. */
export function theServer(accountId: string): AuditActor {
  return { accountId, userId: '', via: 'server' };
}
