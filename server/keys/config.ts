import { z } from 'zod';

/** Settings of the keys room. */
export const keysConfig = z.strictObject({
  /** `CLOISTER_KMS`: `local:<path of the root key file>`. */
  url: z.string().regex(/^local:./, 'must be a local: URL'),
  /** How long an unwrapped project key may stay in memory, seconds; also the longest that a disabled wrapping key still works. */
  cacheSeconds: z.int().min(0).max(60).default(60),
});
export type KeysConfig = z.input<typeof keysConfig>;
