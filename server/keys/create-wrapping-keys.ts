import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { Keys } from './create-keys.ts';
import { createSqlKeyBindingStore } from './sql-key-binding-store.ts';
import { createSqlKeyStore } from './sql-key-store.ts';
import { createWrappingKeyService, type SealedBytesOwner, type WrappingKeyService } from './wrapping-key-service.ts';

/** Joins the part of the room that people use. It comes after `createKeys`, since signing what is recorded needs keys itself. */
export function createWrappingKeys(options: {
  readonly keys: Pick<Keys, 'service' | 'providers'>;
  readonly database: Database;
  readonly sealedBytes: SealedBytesOwner;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
}): WrappingKeyService {
  const { keys, database, ...rest } = options;
  return createWrappingKeyService({
    ...rest,
    keys: keys.service,
    providers: keys.providers,
    store: createSqlKeyStore(database),
    bindings: createSqlKeyBindingStore(database),
  });
}
