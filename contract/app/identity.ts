import { z } from 'zod';
import { displayName, id, instant } from './common.ts';
import { modelId } from './generation.ts';

export const email = z.email().max(254);
export const newPassword = z.string().min(12, 'must have at least 12 characters').max(256);
const password = z.string().min(1).max(256);
/** The token of a one-time link, or of a step of a sign-in. */
const token = z.string().min(1).max(200);

/** Roles that people have in an account. They open no project. */
export const accountRole = z.enum(['owner', 'administrator', 'member', 'billing-viewer', 'governance-administrator']);
export type AccountRole = z.infer<typeof accountRole>;

/** `GET /setup`: whether the deployment still waits for its administrator. */
export const setupState = z.strictObject({ needed: z.boolean() });

/** `POST /setup`: creates the first account and its administrator; the token comes from the one-time link. Answers with a session. */
export const setupRequest = z.strictObject({
  token,
  accountName: displayName,
  name: displayName,
  email,
  password: newPassword,
});

/** `GET /session`: who is signed in, and until when. */
export const session = z.strictObject({
  user: z.strictObject({
    id,
    email: email.nullable().describe('Null for a service ID'),
    name: displayName,
    role: z.enum([...accountRole.options, 'service']),
  }),
  account: z.strictObject({ id, name: displayName }),
  expiresAt: instant.describe('When it ends if nobody uses it any more'),
  latestEndAt: instant.describe('When it ends in any case'),
  answeredAt: instant.describe("The server's time, to reckon with where the own clock may be wrong"),
});
export type Session = z.infer<typeof session>;

export const secondFactorMethod = z.enum(['totp', 'passkey', 'recovery-code']);
export type SecondFactorMethod = z.infer<typeof secondFactorMethod>;

/** `POST /session`: sign in. When it is done, the cookie `cloister_session` is set (`__Host-cloister_session` under TLS). `accountId` answers an `account-choice`. */
export const signInRequest = z.strictObject({
  email: z.string().min(1).max(254),
  password,
  accountId: id.optional(),
});
export const signInResult = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('signed-in'), session }),
  /** Go on with `POST /session/second-factor`. */
  z.strictObject({ state: z.literal('second-factor'), stepToken: token, methods: z.array(secondFactorMethod) }),
  z.strictObject({
    state: z.literal('account-choice'),
    accounts: z.array(z.strictObject({ id, name: displayName })),
  }),
]);
export type SignInResult = z.infer<typeof signInResult>;

/** `POST /session/second-factor`: a code of the authenticator app, or one of the recovery codes. Answers as `POST /session`. */
export const secondFactorRequest = z.strictObject({
  stepToken: token,
  method: z.enum(['totp', 'recovery-code']),
  code: z.string().trim().min(1).max(40),
});

/** What `navigator.credentials` is given and gives, as JSON (WebAuthn level 3); the browser's library reads and writes it. */
const webAuthn = z.record(z.string(), z.unknown());

/**
 * `POST /session/passkey/options` (`stepToken`: as second factor; without: instead of a password) answers with a step and what the browser
 * asks the person for; `POST /session/passkey` takes what came of it, and answers as `POST /session`.
 */
export const passkeyOptionsRequest = z.strictObject({ stepToken: token.optional() });
export const passkeyOptions = z.strictObject({ stepToken: token, options: webAuthn });
export const passkeyRequest = z.strictObject({ stepToken: token, response: webAuthn });

/** `GET /identity-providers`: for the sign-in page. Signing in begins by opening `/api/v1/identity-providers/{id}/sign-in` in the browser. */
export const identityProviderList = z.strictObject({
  items: z.array(z.strictObject({ id: z.string(), name: displayName })),
});

/** `GET /profile`, `PATCH /profile` */
export const profile = z.strictObject({
  id,
  name: displayName,
  email,
  role: accountRole,
  hasPassword: z.boolean(),
  passwordChangedAt: instant.nullable(),
  secondFactor: z.strictObject({
    totp: z.boolean(),
    passkeys: z.int(),
    recoveryCodesLeft: z.int(),
  }),
});
export type Profile = z.infer<typeof profile>;
export const changeProfileRequest = z.strictObject({ name: displayName });

/** `POST /profile/password`: ends every other login session. */
export const changePasswordRequest = z.strictObject({ currentPassword: password, newPassword });

/** `POST /profile/totp`: a new secret, in force once `POST /profile/totp/confirm` has shown a code of it. `DELETE /profile/totp` takes the password. */
export const totpEnrolment = z.strictObject({
  secret: z.string().describe('Base32, for typing it into the authenticator app'),
  uri: z.string().describe('otpauth:// address, for a QR code'),
});
export type TotpEnrolment = z.infer<typeof totpEnrolment>;
export const confirmTotpRequest = z.strictObject({ code: z.string().trim().min(6).max(8) });
/** Shown once. `POST /profile/recovery-codes` makes new ones, and the old ones stop working. */
export const recoveryCodes = z.strictObject({ codes: z.array(z.string()) });
/**
 * What weakens a sign-in takes the password again; somebody without one signs in anew first. Beginning with an authenticator app or a passkey
 * takes it where the session did not begin in the last 15 minutes (reason `sign-in-anew`).
 */
export const reauthentication = z.strictObject({ password: password.optional() });

export const passkey = z.strictObject({
  id,
  name: displayName,
  createdAt: instant,
  lastUsedAt: instant.nullable(),
});
export type Passkey = z.infer<typeof passkey>;
/** `GET /profile/passkeys` */
export const passkeyList = z.strictObject({ items: z.array(passkey) });
/** `POST /profile/passkeys/options`, then `POST /profile/passkeys`. `DELETE /profile/passkeys/{id}` takes the password. */
export const addPasskeyRequest = z.strictObject({ stepToken: token, name: displayName, response: webAuthn });

/** `GET /profile/sessions`; `DELETE /profile/sessions/{id}` ends one, `DELETE /profile/sessions` all but the one that asks. */
export const loginSession = z.strictObject({
  id,
  method: z.enum(['password', 'passkey', 'identity-provider']),
  hasSecondFactor: z.boolean(),
  address: z.string().nullable(),
  browser: z.string(),
  createdAt: instant,
  lastUsedAt: instant,
  expiresAt: instant,
  isCurrent: z.boolean(),
});
export type LoginSession = z.infer<typeof loginSession>;
export const loginSessionList = z.strictObject({ items: z.array(loginSession) });

/** What an API key, and the access tokens that are had for it, may be used for. Absent fields limit nothing. */
export const credentialScope = z.strictObject({
  projectId: id.optional().describe('This project and no other'),
  modelIds: z.array(modelId).min(1).max(100).optional(),
  inferenceOnly: z.boolean().optional().describe('Running prompts, and nothing else'),
});
export type CredentialScope = z.infer<typeof credentialScope>;

export const apiKey = z.strictObject({
  id,
  name: displayName,
  /** The first characters, so that people can tell keys apart. */
  prefix: z.string(),
  scope: credentialScope,
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;

export const createApiKeyRequest = z.strictObject({
  name: displayName,
  scope: credentialScope.default({}),
  /** Null: it does not expire. */
  expiresAt: instant.nullable().default(null),
});
/** The only answer that ever holds the key. Also of `POST /api-keys/{id}/rotate`: the old secret stops working at once. */
export const createdApiKey = apiKey.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;
export const apiKeyList = z.strictObject({ items: z.array(apiKey) });

/**
 * A service ID: something that works by itself, and becomes a collaborator of projects as people do. `GET`, `POST /service-ids`; `PATCH`,
 * `DELETE /service-ids/{id}`; its keys below `/service-ids/{id}/api-keys` as those of people below `/api-keys`.
 */
export const serviceId = z.strictObject({
  id,
  name: displayName,
  description: z.string(),
  isSuspended: z.boolean(),
  createdAt: instant,
});
export type ServiceId = z.infer<typeof serviceId>;
export const serviceIdList = z.strictObject({ items: z.array(serviceId) });
export const createServiceIdRequest = z.strictObject({
  name: displayName,
  description: z.string().max(1000).default(''),
});
export const changeServiceIdRequest = z
  .strictObject({
    name: displayName.optional(),
    description: z.string().max(1000).optional(),
    isSuspended: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name, description or isSuspended is needed');
