import { randomBytes } from 'node:crypto';
import { invalidField } from '../core/index.ts';
import { requireProvider } from './applicable-key.ts';
import type { WrappingKey } from './key-binding.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';
import type { KmsProviders } from './kms-providers.ts';
import { sealedDataNotReadable } from './not-readable.ts';

/**
 * The key that somebody of an account names.
 * @throws AppError `invalid-argument` for a provider that is not the account's, and where it takes no key id, or needs one.
 */
export function requireBindable(
  providers: KmsProviders,
  accountId: string,
  { providerId, keyId }: { readonly providerId: string; readonly keyId?: string },
): WrappingKey {
  const entry = providers.listFor(accountId).find(({ id }) => id === providerId);
  if (entry === undefined) throw invalidField('providerId', 'is no key provider of which this account may bind a key');
  const own = entry.ownKeyOf(accountId);
  // Where the provider has a key for each account, they are told apart by their ids alone: another account's must not be named.
  const hasOneForEach = own !== undefined && own !== entry.deploymentKeyId;
  if (hasOneForEach && keyId !== undefined && keyId !== own)
    throw invalidField('keyId', 'this provider has one key for the account; leave the id out');
  const bindable = keyId ?? own;
  if (bindable === undefined) throw invalidField('keyId', 'this provider needs the id of a key');
  return { providerId, keyId: bindable };
}

/**
 * Finds out that a key can be used before anything depends on it.
 * @throws AppError whatever its provider throws, in its own words
 */
export async function tryKey(
  providers: KmsProviders,
  { providerId, keyId }: WrappingKey,
  accountId: string,
): Promise<void> {
  const { provider } = requireProvider(providers, providerId);
  const probe = randomBytes(KEY_LENGTH_BYTES);
  const context = { account: accountId, purpose: 'key-binding-probe', version: '1' };
  const unwrapped = await provider.unwrap(keyId, await provider.wrap(keyId, probe, context), context);
  if (!probe.equals(unwrapped)) throw sealedDataNotReadable();
}
