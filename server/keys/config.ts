import { z } from 'zod';
import { checkedText } from '../core/index.ts';
import { faultOfKmsUrl, KMS_KINDS, kmsKindOf } from './kms-url.ts';

const kmsUrl = checkedText(faultOfKmsUrl);

const keyProvider = z
  .strictObject({
    /** Written beside every key that it wraps, so it never changes. */
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 small letters, digits and "-"'),
    displayName: z.string().min(1).max(100),
    url: kmsUrl,
    /** The accounts that may bind keys of it; absent: every account. */
    accounts: z.array(z.uuid('must be the id of an account')).optional(),
  })
  .superRefine(({ id, url }, context) => {
    // The name of a kind is the id of the standard provider of that kind; a former standard one goes on under it.
    if (KMS_KINDS.some((kind) => kind === id) && !url.startsWith(`${id}:`)) {
      context.addIssue({ code: 'custom', path: ['id'], message: `"${id}" can only be the id of a ${id}: provider` });
    }
  });

/** What is in the file that `CLOISTER_KEY_PROVIDERS` names. */
export const keyProvidersConfig = z.array(keyProvider).superRefine((providers, context) => {
  for (const [index, { id }] of providers.entries()) {
    if (providers.findIndex((one) => one.id === id) < index) {
      context.addIssue({ code: 'custom', path: [index, 'id'], message: `"${id}" is the id of another provider too` });
    }
  }
});
export type KeyProviderSettings = z.output<typeof keyProvider>;

/** Settings of the keys room. */
export const keysConfig = z
  .strictObject({
    /** `CLOISTER_KMS`, the standard provider: a KMS URL with absolute paths. */
    url: kmsUrl,
    /** `CLOISTER_KEY_PROVIDERS`: those beside it. */
    providers: keyProvidersConfig.default([]),
    /** How long an unwrapped project key may stay in memory, seconds; also the longest that a disabled wrapping key still works. */
    cacheSeconds: z.int().min(0).max(60).default(60),
  })
  .superRefine(({ url, providers }, context) => {
    if (faultOfKmsUrl(url) === undefined && providers.some(({ id }) => id === kmsKindOf(url))) {
      const message = `"${kmsKindOf(url)}" is the id of the standard provider, the one of CLOISTER_KMS`;
      context.addIssue({ code: 'custom', path: ['providers'], message });
    }
  });
export type KeysConfig = z.input<typeof keysConfig>;
