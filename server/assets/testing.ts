import type { Audit } from '../audit/index.ts';
import { createRecordingAudit } from '../audit/testing.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Storage } from '../storage/index.ts';
import type { AssetService } from './asset-service.ts';
import { type Assets, createAssetsOver } from './create-assets.ts';
import { createMemoryAssetListStore } from './memory-asset-list-store.ts';
import { createMemoryAssetLockStore } from './memory-asset-lock-store.ts';
import { createMemoryAssetPartStore } from './memory-asset-part-store.ts';
import { type AccessOf, MemoryAssetRecords } from './memory-asset-records.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';
import { createMemoryBucketObjectStore } from './memory-bucket-object-store.ts';
import { createMemorySealedDigestStore } from './memory-sealed-digest-store.ts';
import { createMemoryUploadStore } from './memory-upload-store.ts';

export { assetStoreConformance } from './asset-store.conformance.ts';
export { createMemoryAssetStore } from './memory-asset-store.ts';

type MemoryAssetsOptions = {
  readonly authorize: Authorize;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit?: Audit;
  readonly nameOfUser?: (userId: string) => string;
  /** What people have in projects; without it everybody is an Admin everywhere, and `authorize` alone says who may. */
  readonly accessOf?: AccessOf;
  /** Rows that are there already. */
  readonly records?: MemoryAssetRecords;
  readonly maxObjectMegabytes?: number;
  readonly maxUploadMegabytes?: number;
};

/** The assets room without a database. */
export function createMemoryAssetsRoom(options: MemoryAssetsOptions): Assets {
  const {
    records = new MemoryAssetRecords(options.accessOf, options.clock),
    nameOfUser,
    audit = createRecordingAudit(),
    maxObjectMegabytes = 1,
    maxUploadMegabytes = 100,
    ...rest
  } = options;
  const store = createMemoryAssetStore({ records, ...(nameOfUser === undefined ? {} : { nameOfUser }) });
  const lists = createMemoryAssetListStore(records, nameOfUser);
  const parts = createMemoryAssetPartStore(records, nameOfUser);
  const locks = createMemoryAssetLockStore(records, nameOfUser);
  const listAccountIds = async () => records.accountIds();
  const objectStore = createMemoryBucketObjectStore(records);
  const digests = createMemorySealedDigestStore(records);
  const uploads = createMemoryUploadStore(records);
  const limits = { maxObjectMegabytes, maxUploadMegabytes };
  return createAssetsOver({
    ...rest,
    ...limits,
    audit,
    store,
    parts,
    locks,
    lists,
    objectStore,
    digests,
    uploads,
    listAccountIds,
  });
}

/** {@link createMemoryAssetsRoom}, for tests that need saved things only. */
export function createMemoryAssets(options: MemoryAssetsOptions): AssetService {
  return createMemoryAssetsRoom(options).service;
}
