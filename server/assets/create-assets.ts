import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import { type Database, listAccountIds } from '../database/index.ts';
import type { ProjectService } from '../projects/index.ts';
import type { Storage } from '../storage/index.ts';
import { createProjectExport, type ProjectExport } from './archive/project-export.ts';
import {
  type ContentChecks,
  createProjectImport,
  type PartRules,
  type ProjectImport,
} from './archive/project-import.ts';
import type { AssetListStore } from './asset-list-store.ts';
import { type AssetLockService, createAssetLockService } from './asset-lock-service.ts';
import type { AssetLockStore } from './asset-lock-store.ts';
import { type AssetPartService, createAssetPartService } from './asset-part-service.ts';
import type { AssetPartStore } from './asset-part-store.ts';
import { type AssetService, createAssetService } from './asset-service.ts';
import type { AssetStore } from './asset-store.ts';
import { type BucketObjectService, createBucketObjectService } from './bucket-object-service.ts';
import type { BucketObjectStore } from './bucket-object-store.ts';
import { type Expiry, expireAssets } from './expire-assets.ts';
import { ObjectsInFlight } from './objects-in-flight.ts';
import { SealedContents } from './sealed-contents.ts';
import type { KeyPlace, SealedDigestStore } from './sealed-digest-store.ts';
import { createSqlAssetListStore } from './sql-asset-list-store.ts';
import { createSqlAssetLockStore } from './sql-asset-lock-store.ts';
import { createSqlAssetPartStore } from './sql-asset-part-store.ts';
import { createSqlAssetStore } from './sql-asset-store.ts';
import { createSqlBucketObjectStore } from './sql-bucket-object-store.ts';
import { createSqlSealedDigestStore } from './sql-sealed-digest-store.ts';
import { createSqlUploadStore } from './sql-upload-store.ts';
import { noteStoredBytes } from './stored-bytes.ts';
import { createUploadService, type UploadService } from './upload-service.ts';
import type { UploadStore } from './upload-store.ts';

export type Assets = {
  readonly service: AssetService;
  readonly parts: AssetPartService;
  readonly locks: AssetLockService;
  readonly bucketObjects: BucketObjectService;
  readonly uploads: UploadService;
  /** What a key sealed, for the receipt of its destruction. */
  readonly digestsOfKey: SealedDigestStore['ofKey'];
  /** Destroys what has expired. The deployment runs it before it listens, and every hour; nobody is asked for. */
  expire(): Promise<Expiry>;
  /** See {@link noteStoredBytes}. */
  noteStoredBytes(scope: KeyPlace): Promise<() => Promise<void>>;
  /** Projects as archives. It needs rooms and words that come later than the rest. */
  createArchives(options: ArchivesOptions): ProjectArchives;
};

export type ProjectArchives = ProjectExport & ProjectImport;

export type ArchivesOptions = {
  readonly projects: Pick<ProjectService, 'get'>;
  readonly checks: ContentChecks;
  readonly partRules: PartRules;
};

export type AssetsOptions = {
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The largest object that is taken into a bucket. */
  readonly maxObjectMegabytes: number;
  /** The largest content that may be uploaded in parts. */
  readonly maxUploadMegabytes: number;
};

/** Joins the room over the database. */
export function createAssets(options: AssetsOptions & { readonly database: Database }): Assets {
  const { database, ...rest } = options;
  const stores = {
    store: createSqlAssetStore(database, options.clock),
    lists: createSqlAssetListStore(database, options.clock),
    objectStore: createSqlBucketObjectStore(database, options.clock),
    parts: createSqlAssetPartStore(database, options.clock),
    locks: createSqlAssetLockStore(database),
    listAccountIds: () => listAccountIds(database),
    digests: createSqlSealedDigestStore(database),
    uploads: createSqlUploadStore(database),
  };
  return createAssetsOver({ ...rest, ...stores });
}

/** All services save into the same buckets, so the sweep must know what each has under way. */
export function createAssetsOver(
  options: AssetsOptions & {
    readonly store: AssetStore;
    readonly parts: AssetPartStore;
    readonly locks: AssetLockStore;
    readonly lists: AssetListStore;
    readonly objectStore: BucketObjectStore;
    readonly digests: SealedDigestStore;
    readonly uploads: UploadStore;
    /** Whose assets expire. */
    readonly listAccountIds: () => Promise<readonly string[]>;
  },
): Assets {
  const { objectStore, ...rest } = options;
  const inFlight = new ObjectsInFlight();
  const contents = new SealedContents({ ...rest, inFlight });
  const service = createAssetService({ ...rest, contents, inFlight });
  return {
    service,
    parts: createAssetPartService({ ...rest, contents }),
    locks: createAssetLockService(rest),
    expire: () => expireAssets({ ...rest, contents }),
    bucketObjects: createBucketObjectService({ ...rest, contents, store: objectStore }),
    uploads: createUploadService({ ...rest, contents, inFlight }),
    digestsOfKey: (scope) => rest.digests.ofKey(scope),
    noteStoredBytes: (scope) => noteStoredBytes({ ...rest, sealedBucket: rest.storage.sealedBucket }, scope),
    createArchives: (archives) => ({
      ...createProjectExport({ ...rest, ...archives, objectStore, contents }),
      ...createProjectImport({ ...rest, ...archives, objectStore, contents, assets: service }),
    }),
  };
}
