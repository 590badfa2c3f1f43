import type { Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { Egress } from '../egress/index.ts';
import { type KeysConfig, keysConfig } from './config.ts';
import type { EncryptionContext } from './encryption-context.ts';
import { createKeyService, type KeyService } from './key-service.ts';
import type { KmsProviderEntry, KmsProviders } from './kms-providers.ts';
import { openKmsProviders } from './open-kms-providers.ts';
import { isProviderInUse } from './provider-in-use.ts';
import type { PassphraseSource } from './root-key-file.ts';
import { createSqlKeyBindingStore } from './sql-key-binding-store.ts';
import { createSqlKeyStore } from './sql-key-store.ts';

/** Wraps the deployment's own small secrets. It fits the port of the same shape that identity declares. */
export type SecretWrapper = {
  /** @param bytes at most 4,096 bytes. */
  wrap(bytes: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
  /** @throws AppError `failed-precondition` for other bytes or another context. */
  unwrap(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
};

export type Keys = {
  readonly service: KeyService;
  readonly providers: KmsProviders;
  readonly secretWrapper: SecretWrapper;
  /** Zeroes every key in memory and closes the providers. */
  close(): Promise<void>;
};

/**
 * Opens the KMS providers and joins the room.
 * @param options.egress must let out to {@link kmsDestinations} of the same settings.
 * @throws AppError when the standard provider cannot be used: `failed-precondition` when its root key is missing although the database shows
 *   that something may be sealed with it, or when its file cannot be used; `unavailable` when it cannot be reached.
 */
export async function createKeys(options: {
  readonly config: KeysConfig;
  /** Of the root key file, where it is under one. */
  readonly passphrase?: PassphraseSource;
  readonly database: Database;
  readonly egress: Egress;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Keys> {
  const { database, egress, clock, logger } = options;
  const config = keysConfig.parse(options.config);
  const store = createSqlKeyStore(database);
  const bindings = createSqlKeyBindingStore(database);
  const providers = await openKmsProviders({
    url: config.url,
    others: config.providers,
    mayCreate: {
      standard: async () => !(await store.mayHoldSealedData()),
      other: async (providerId) => !(await isProviderInUse(database, providerId)),
    },
    passphrase: options.passphrase ?? {},
    network: { egress, clock, logger },
  });
  const service = createKeyService({ providers, store, bindings, clock, cacheSeconds: config.cacheSeconds });
  logger.info('keys are ready');
  return {
    service,
    providers,
    secretWrapper: createSecretWrapper(providers.standard),
    async close() {
      service.close();
      await providers.close();
    },
  };
}

/** @param standard wraps under its key for the deployment, which binds to its context that it is no project's key. */
export function createSecretWrapper({
  provider,
  deploymentKeyId = 'deployment',
}: SecretWrapperProvider): SecretWrapper {
  return {
    wrap: (bytes: Uint8Array, context: EncryptionContext) => provider.wrap(deploymentKeyId, bytes, context),
    unwrap: (wrapped: Uint8Array, context: EncryptionContext) => provider.unwrap(deploymentKeyId, wrapped, context),
  };
}

type SecretWrapperProvider = Pick<KmsProviderEntry, 'provider' | 'deploymentKeyId'>;
