import { z } from 'zod';
import { displayName, id, instant } from './common.ts';

const email = z.email().max(254);
const newPassword = z.string().min(12, 'must have at least 12 characters').max(256);

/** `GET /setup`: whether the deployment still waits for its administrator. */
export const setupState = z.strictObject({ needed: z.boolean() });

/** `POST /setup`: creates the first account and its administrator; the token comes from the one-time link. Answers with a session. */
export const setupRequest = z.strictObject({
  token: z.string().min(1).max(200),
  accountName: displayName,
  name: displayName,
  email,
  password: newPassword,
});

/** `POST /session`: sign in. Sets the cookie `cloister_session`. */
export const signInRequest = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
});

/** `GET /session`: who is signed in, and until when. */
export const session = z.strictObject({
  user: z.strictObject({ id, email, name: displayName }),
  account: z.strictObject({ id, name: displayName }),
  expiresAt: instant,
});
export type Session = z.infer<typeof session>;

export const apiKey = z.strictObject({
  id,
  name: displayName,
  /** The first characters, so that people can tell keys apart. */
  prefix: z.string(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;

export const createApiKeyRequest = z.strictObject({ name: displayName });
/** The only answer that ever holds the key. */
export const createdApiKey = apiKey.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;
export const apiKeyList = z.strictObject({ items: z.array(apiKey) });
