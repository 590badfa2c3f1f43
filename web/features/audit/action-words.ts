import type { AuditAction } from '../../../contract/app/index.ts';

/** Every action in plain words, in the order of the list to choose from. A test compares it with the contract's list. */
export const actionGroups = {
  Account: {
    'account.create': 'Created the account',
    'account.change': 'Changed the account',
    'account.remove': 'Removed another account of the deployment',
  },
  People: {
    'person.invite': 'Invited somebody',
    'invitation.revoke': 'Took an invitation back',
    'person.join': 'Joined the account',
    'person.change': 'Changed a person',
    'person.remove': 'Removed a person',
    'service-id.create': 'Created a service ID',
    'service-id.change': 'Changed a service ID',
    'service-id.remove': 'Removed a service ID',
  },
  'Sign-in': {
    'login-session.begin': 'Signed in',
    'login-session.end': 'Ended a login session',
    'password.change': 'Changed a password',
    'password-reset.create': 'Made a link for a new password',
    'password-reset.use': 'Set a new password by a link',
    'second-factor.enable': 'Turned two-factor sign-in on',
    'second-factor.disable': 'Turned two-factor sign-in off',
    'recovery-codes.create': 'Made recovery codes',
    'recovery-code.use': 'Signed in with a recovery code',
    'passkey.add': 'Added a passkey',
    'passkey.remove': 'Removed a passkey',
  },
  'Keys and tokens': {
    'api-key.create': 'Created an API key',
    'api-key.rotate': 'Rotated an API key',
    'api-key.delete': 'Deleted an API key',
    'access-token.issue': 'Got an access token',
    'signing-key.rotate': 'Rotated a signing key',
  },
  Projects: {
    'project.create': 'Created a project',
    'project.change': 'Changed a project',
    'project.delete': 'Deleted a project',
    'project.export': 'Exported a project',
    'project.import': 'Imported into a project',
    'collaborator.add': 'Added a collaborator',
    'collaborator.change': 'Changed a collaborator’s role',
    'collaborator.remove': 'Removed a collaborator',
  },
  'Saved work': {
    'asset.create': 'Saved an asset',
    'asset.open': 'Opened an asset',
    'asset.change': 'Changed an asset',
    'asset.delete': 'Deleted an asset',
    'asset.expire': 'Removed an asset whose time was over',
    'asset.lock-take-over': 'Took over the editing of an asset',
    'asset-part.add': 'Added an entry to a session',
    'asset-part.open': 'Opened versions or session entries',
    'asset-part.delete': 'Deleted a version or session entry',
    'asset-part.expire': 'Removed session entries whose time was over',
  },
  'Encryption keys': {
    'key.bind': 'Chose another encryption key',
    'key.rotate': 'Rotated an encryption key',
    'key.disable': 'Disabled an encryption key',
    'key.enable': 'Enabled an encryption key',
    'key.destroy': 'Destroyed an encryption key',
  },
  'Storage buckets': {
    'bucket-grant.add': 'Granted a bucket',
    'bucket-grant.change': 'Changed a bucket grant',
    'bucket-grant.remove': 'Revoked a bucket grant',
    'upload.cancel': 'Gave an upload up',
    'upload.expire': 'Removed an upload that nobody went on with',
    'object.open': 'Opened an object',
    'object.put': 'Uploaded an object',
    'object.delete': 'Deleted an object',
  },
  Models: {
    'model.pull': 'Fetched a model',
    'model.import': 'Imported a model',
    'model.remove': 'Removed a model',
  },
  'Audit log': {
    'audit.export': 'Exported the audit log',
    'audit.trim': 'Old events were removed',
  },
  Refusals: {
    'permission.denied': 'Asked for something they may not have',
  },
} as const satisfies Readonly<Record<string, Partial<Record<AuditAction, string>>>>;

export type ActionGroup = keyof typeof actionGroups;
export const actionGroupNames = Object.keys(actionGroups) as readonly ActionGroup[];

export const actionsOf = (group: ActionGroup): readonly AuditAction[] =>
  Object.keys(actionGroups[group]) as readonly AuditAction[];

export const actionWords: Readonly<Partial<Record<AuditAction, string>>> = Object.assign(
  {},
  ...Object.values(actionGroups),
);
