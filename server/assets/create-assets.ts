import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { Storage } from '../storage/index.ts';
import { type AssetService, createAssetService } from './asset-service.ts';
import { createSqlAssetStore } from './sql-asset-store.ts';

/** Joins the room. */
export function createAssets(options: {
  readonly database: Database;
  readonly authorize: Authorize;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
}): AssetService {
  const { database, ...rest } = options;
  return createAssetService({ ...rest, store: createSqlAssetStore(database) });
}
