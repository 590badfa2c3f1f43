import { z } from 'zod';
import { instant } from './common.ts';

export const keyProviderKind = z.enum(['local', 'pkcs11', 'aws-kms', 'vault', 'memory']);

/** `GET /key-providers`: the KMS providers of which the account may bind a key. */
export const keyProvider = z.strictObject({
  id: z.string().describe('As the operator named it'),
  displayName: z.string(),
  kind: keyProviderKind,
  isStandard: z.boolean().describe('It wraps where nobody bound another key'),
  needsKeyId: z.boolean().describe('A key of it is bound by its id; otherwise it has one for the account'),
});
export type KeyProvider = z.infer<typeof keyProvider>;
export const keyProviderList = z.strictObject({ items: z.array(keyProvider) });

export const keyState = z.enum(['enabled', 'disabled', 'destroyed']);

/** `GET /account/key` and `GET /projects/{projectId}/key` */
export const keyStatus = z.strictObject({
  providerId: z.string(),
  providerName: z.string(),
  kind: keyProviderKind.optional().describe('Absent where the deployment does not have the provider any more'),
  keyId: z.string().describe('Within the provider'),
  boundAt: z.enum(['project', 'account', 'deployment']).describe('Who decided which key it is'),
  state: keyState.describe('Of this account or project, as its Admins set it'),
  accountState: keyState
    .optional()
    .describe('Of the account that the project belongs to; absent for the account itself'),
  provider: z
    .strictObject({
      state: z.enum(['enabled', 'disabled', 'destroyed', 'unavailable']),
      keyVersion: z.int().optional().describe('The version that wraps now, where the provider tells'),
      problem: z.string().optional().describe('Why the provider does not say, and what to do'),
    })
    .describe('What the provider says of the key at this moment'),
  projectKeys: z.strictObject({
    total: z.int(),
    underThisKey: z.int().describe('How many are wrapped by the key above, in its present version'),
    lastWrappedAt: instant.optional(),
  }),
  mayMakeVersions: z
    .boolean()
    .describe(
      'Rotating makes a new version of the key first. Otherwise the people of the KMS do, and rotating takes it up; also where the key is the deployment’s own or the level above decided it, and where others are bound to it too',
    ),
  changedAt: instant.optional().describe('When somebody last bound, disabled or enabled it'),
});
export type KeyStatus = z.infer<typeof keyStatus>;

/** `PUT …/key`: wraps the project keys by another key, without touching a sealed object. `DELETE …/key` goes back to the level above. */
export const bindKeyRequest = z.strictObject({
  providerId: z.string().min(1).max(100),
  keyId: z.string().min(1).max(2048).optional().describe('Needed where the provider has no key for the account'),
});
/** `POST …/key/rotate`, and what `PUT` and `DELETE` answer with. */
export const keyRewrap = keyStatus.extend({
  rewrapped: z.int().describe('Project keys that were wrapped anew'),
  remaining: z
    .int()
    .describe('Those that are still wrapped by an earlier key or version; they open, and rotating again takes them up'),
  problem: z.string().optional().describe('Why some could not be wrapped anew, and what to do'),
});
export type KeyRewrap = z.infer<typeof keyRewrap>;
/**
 * `POST …/key/disable` and `POST …/key/enable` answer with the status. After a destruction `enable` starts over: what is saved from then on is
 * sealed by new project keys, and what was destroyed stays gone.
 *
 * `POST …/key/destroy`
 */
export const destroyKeyRequest = z.strictObject({
  confirmation: z.string().describe('The name of the project or the account, as it is'),
});
export const destroyedKey = z.strictObject({
  projects: z.int().describe('Projects whose keys were destroyed'),
  sealedObjects: z.int().describe('Sealed objects that nobody can open any more'),
  receipt: z.string().describe('Deletion receipt, a JWS'),
});
export type DestroyedKey = z.infer<typeof destroyedKey>;
