import type { Audit } from '../audit/index.ts';
import { type Authorize, type Clock, type Logger, systemClock } from '../core/index.ts';
import { createSecretWrapper, type Keys } from './create-keys.ts';
import type { KeyBindingStore } from './key-binding.ts';
import { createKeyService } from './key-service.ts';
import type { KeyStore } from './key-store.ts';
import type { KmsProvider } from './kms-provider.ts';
import { createKmsProviders, type KmsProviderEntry } from './kms-providers.ts';
import { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { createMemoryKmsProvider } from './memory-kms-provider.ts';
import { createWrappingKeyService, type WrappingKeyService } from './wrapping-key-service.ts';

export { keyBindingStoreConformance } from './key-binding-store.conformance.ts';
export { keyStoreConformance } from './key-store.conformance.ts';
export { kmsProviderConformance } from './kms-provider.conformance.ts';
export { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';
export { createMemoryKeyStore } from './memory-key-store.ts';
export { createMemoryKmsProvider } from './memory-kms-provider.ts';
export { createSoftHsmToken, type SoftHsmToken } from './softhsm-token.ts';

export type MemoryKeys = Keys & { readonly store: KeyStore; readonly bindings: KeyBindingStore };

/** The keys room without a file and without a database. */
export function createMemoryKeys(options: { readonly clock?: Clock; readonly cacheSeconds?: number } = {}): MemoryKeys {
  const clock = options.clock ?? systemClock;
  const cacheSeconds = options.cacheSeconds ?? 60;
  const providers = createKmsProviders(memoryEntry());
  const bindings = createMemoryKeyBindingStore();
  const store = createMemoryKeyStore(bindings);
  const service = createKeyService({ providers, store, bindings, clock, cacheSeconds });
  return {
    service,
    providers,
    store,
    bindings,
    secretWrapper: createSecretWrapper(providers.standard),
    async close() {
      service.close();
      await providers.close();
    },
  };
}

/** What people do with the keys of {@link createMemoryKeys}. It keeps no bytes. */
export function createMemoryWrappingKeys(
  { service, ...keys }: MemoryKeys,
  ports: { readonly authorize: Authorize; readonly audit: Audit; readonly clock: Clock; readonly logger: Logger },
): WrappingKeyService {
  const sealedBytes = {
    digestsOfKey: async () => ({ sealedObjects: 0, sealedSizeBytes: 0 }),
    noteStoredBytes: async () => async () => {},
  };
  return createWrappingKeyService({ ...keys, ...ports, keys: service, sealedBytes });
}

/** A provider with a key for every account, as the operator would have named it. */
export function memoryEntry(provider: KmsProvider = createMemoryKmsProvider(), id = 'memory'): KmsProviderEntry {
  return { id, displayName: id, kind: 'memory', ownKeyOf: (accountId) => `account/${accountId}`, provider };
}
