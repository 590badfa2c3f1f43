import { AppError } from '../core/index.ts';
import type { KeyBindings, WrappingKey } from './key-binding.ts';
import type { ProjectKeyRecord, StillApplies } from './key-store.ts';
import type { KmsProviderEntry, KmsProviders } from './kms-providers.ts';

/** The wrapping key of a scope, and who decided that it is that one. */
export type ApplicableKey = WrappingKey & { readonly boundAt: 'project' | 'account' | 'deployment' };

/** Project binding, else account binding, else the standard provider's own key for the account. */
export function applicableKey(providers: KmsProviders, accountId: string, bindings: KeyBindings): ApplicableKey {
  const { account, project } = bindings;
  if (project?.wrappingKey !== undefined) return { ...project.wrappingKey, boundAt: 'project' };
  if (account?.wrappingKey !== undefined) return { ...account.wrappingKey, boundAt: 'account' };
  return { ...standardKeyOf(providers, accountId), boundAt: 'deployment' };
}

/** @returns whether the key is the applicable one under other bindings too */
export function stillAppliesFor(providers: KmsProviders, accountId: string, key: WrappingKey): StillApplies {
  return (bindings) => wrappingKeyIdOf(applicableKey(providers, accountId, bindings)) === wrappingKeyIdOf(key);
}

/** @throws AppError `failed-precondition` when the standard provider has no key for an account by itself. */
function standardKeyOf({ standard }: KmsProviders, accountId: string): WrappingKey {
  const keyId = standard.ownKeyOf(accountId);
  if (keyId !== undefined) return { providerId: standard.id, keyId };
  throw new AppError(
    'failed-precondition',
    `The key provider "${standard.displayName}" has no key for this account. An administrator of the account must bind one first.`,
    { details: { reason: 'no-wrapping-key' } },
  );
}

/** @throws AppError `failed-precondition` when this deployment has no such provider. */
export function requireProvider(providers: KmsProviders, providerId: string): KmsProviderEntry {
  const entry = providers.find(providerId);
  if (entry !== undefined) return entry;
  throw new AppError(
    'failed-precondition',
    `This is sealed by a key of the key provider "${providerId}", which this deployment does not have. Its operator must give it back: CLOISTER_KMS or CLOISTER_KEY_PROVIDERS.`,
    { details: { reason: 'other-key-provider' } },
  );
}

/** As it stands beside a wrapped project key. */
export function wrappingKeyIdOf({ providerId, keyId }: WrappingKey): string {
  return `${providerId}:${keyId}`;
}

/** The opposite of {@link wrappingKeyIdOf}: no provider's id has a colon. */
export function wrappingKeyOf({ wrappingKeyId }: Pick<ProjectKeyRecord, 'wrappingKeyId'>): WrappingKey {
  const colon = wrappingKeyId.indexOf(':');
  return { providerId: wrappingKeyId.slice(0, colon), keyId: wrappingKeyId.slice(colon + 1) };
}
