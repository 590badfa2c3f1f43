import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Storage } from '../storage/index.ts';
import { type AssetService, createAssetService } from './asset-service.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';

export { assetStoreConformance } from './asset-store.conformance.ts';
export { createMemoryAssetStore } from './memory-asset-store.ts';

/** The assets room without a database. */
export function createMemoryAssets(options: {
  readonly authorize: Authorize;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
}): AssetService {
  return createAssetService({ ...options, store: createMemoryAssetStore() });
}
