import { z } from 'zod';

const HOUR = 3600;

/** Settings of the identity room. */
export const identityConfig = z.strictObject({
  /** A login session that nobody uses ends after so long. */
  sessionIdleSeconds: z
    .int()
    .min(60)
    .default(12 * HOUR),
  /** It ends after so long in any case. */
  sessionAbsoluteSeconds: z
    .int()
    .min(60)
    .default(7 * 24 * HOUR),
  accessTokenSeconds: z.int().min(60).default(HOUR),
  /** The key of access tokens gets a successor after so long. */
  signingKeyDays: z.int().min(1).default(30),
});
export type IdentityConfig = z.input<typeof identityConfig>;
