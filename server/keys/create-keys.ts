import type { Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import { type KeysConfig, keysConfig } from './config.ts';
import type { EncryptionContext } from './encryption-context.ts';
import { createKeyService, type KeyService } from './key-service.ts';
import type { KmsProvider } from './kms-provider.ts';
import { openKmsProvider } from './open-kms-provider.ts';
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
  readonly provider: KmsProvider;
  readonly secretWrapper: SecretWrapper;
  /** Zeroes every key in memory and closes the provider. */
  close(): Promise<void>;
};

/**
 * Opens the KMS provider and joins the room.
 * @throws AppError `failed-precondition` when the root key is missing although the database shows that something may be sealed with it,
 *   or when its file cannot be used.
 */
export async function createKeys(options: {
  readonly config: KeysConfig;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Keys> {
  const { clock } = options;
  const config = keysConfig.parse(options.config);
  const store = createSqlKeyStore(options.database);
  const mayCreate = !(await store.mayHoldSealedData());
  const provider = await openKmsProvider({ url: config.url, mayCreate });
  const service = createKeyService({ provider, store, clock, cacheSeconds: config.cacheSeconds });
  options.logger.info('keys are ready');
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

/** @param provider wraps under its key `deployment`, which no account's key derives from or equals. */
export function createSecretWrapper(provider: KmsProvider): SecretWrapper {
  return {
    wrap: (bytes: Uint8Array, context: EncryptionContext) => provider.wrap('deployment', bytes, context),
    unwrap: (wrapped: Uint8Array, context: EncryptionContext) => provider.unwrap('deployment', wrapped, context),
  };
}
