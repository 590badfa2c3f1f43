import { type Clock, systemClock } from '../core/index.ts';
import { createSecretWrapper, type Keys } from './create-keys.ts';
import { createKeyService } from './key-service.ts';
import type { KmsProvider } from './kms-provider.ts';
import { createKmsProviders, type KmsProviderEntry } from './kms-providers.ts';
import { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { createMemoryKmsProvider } from './memory-kms-provider.ts';

export { keyBindingStoreConformance } from './key-binding-store.conformance.ts';
export { keyStoreConformance } from './key-store.conformance.ts';
export { kmsProviderConformance } from './kms-provider.conformance.ts';
export { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';
export { createMemoryKeyStore } from './memory-key-store.ts';
export { createMemoryKmsProvider } from './memory-kms-provider.ts';
export { createSoftHsmToken, type SoftHsmToken } from './softhsm-token.ts';

/** The keys room without a file and without a database. */
export function createMemoryKeys(options: { readonly clock?: Clock; readonly cacheSeconds?: number } = {}): Keys {
  const provider = createMemoryKmsProvider();
  const clock = options.clock ?? systemClock;
  const cacheSeconds = options.cacheSeconds ?? 60;
  const providers = createKmsProviders(memoryEntry(provider));
  const bindings = createMemoryKeyBindingStore();
  const store = createMemoryKeyStore(bindings);
  const service = createKeyService({ providers, store, bindings, clock, cacheSeconds });
  return {
    service,
    providers,
    provider,
    secretWrapper: createSecretWrapper(provider),
    async close() {
      service.close();
      await providers.close();
    },
  };
}

/** A provider with a key for every account, as the operator would have named it. */
export function memoryEntry(provider: KmsProvider = createMemoryKmsProvider(), id = 'memory'): KmsProviderEntry {
  return { id, displayName: id, kind: 'memory', ownKeyOf: (accountId) => `account/${accountId}`, provider };
}
