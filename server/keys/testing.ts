import { type Clock, systemClock } from '../core/index.ts';
import { createSecretWrapper, type Keys } from './create-keys.ts';
import { createKeyService } from './key-service.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { createMemoryKmsProvider } from './memory-kms-provider.ts';

export { keyStoreConformance } from './key-store.conformance.ts';
export { kmsProviderConformance } from './kms-provider.conformance.ts';
export { createMemoryKeyStore } from './memory-key-store.ts';
export { createMemoryKmsProvider } from './memory-kms-provider.ts';

/** The keys room without a file and without a database. */
export function createMemoryKeys(options: { readonly clock?: Clock; readonly cacheSeconds?: number } = {}): Keys {
  const provider = createMemoryKmsProvider();
  const clock = options.clock ?? systemClock;
  const cacheSeconds = options.cacheSeconds ?? 60;
  const service = createKeyService({ provider, store: createMemoryKeyStore(), clock, cacheSeconds });
  return {
    service,
    provider,
    secretWrapper: createSecretWrapper(provider),
    async close() {
      service.close();
      await provider.close();
    },
  };
}
