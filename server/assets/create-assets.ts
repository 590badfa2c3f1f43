import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { ProjectService } from '../projects/index.ts';
import type { Storage } from '../storage/index.ts';
import { createProjectExport, type ProjectExport } from './archive/project-export.ts';
import { type ContentChecks, createProjectImport, type ProjectImport } from './archive/project-import.ts';
import type { AssetListStore } from './asset-list-store.ts';
import { type AssetService, createAssetService } from './asset-service.ts';
import type { AssetStore } from './asset-store.ts';
import { type BucketObjectService, createBucketObjectService } from './bucket-object-service.ts';
import type { BucketObjectStore } from './bucket-object-store.ts';
import { ObjectsInFlight } from './objects-in-flight.ts';
import { SealedContents } from './sealed-contents.ts';
import type { SealedDigestStore } from './sealed-digest-store.ts';
import { createSqlAssetListStore } from './sql-asset-list-store.ts';
import { createSqlAssetStore } from './sql-asset-store.ts';
import { createSqlBucketObjectStore } from './sql-bucket-object-store.ts';
import { createSqlSealedDigestStore } from './sql-sealed-digest-store.ts';

export type Assets = {
  readonly service: AssetService;
  readonly bucketObjects: BucketObjectService;
  /** What a project holds, for the receipt of its deletion. */
  readonly digestsOfProject: SealedDigestStore['ofProject'];
  /** Projects as archives. It needs rooms and words that come later than the rest. */
  createArchives(options: ArchivesOptions): ProjectArchives;
};

export type ProjectArchives = ProjectExport & ProjectImport;

export type ArchivesOptions = {
  readonly projects: Pick<ProjectService, 'get'>;
  readonly checks: ContentChecks;
};

export type AssetsOptions = {
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The largest object that is taken into a bucket. */
  readonly maxObjectMegabytes: number;
};

/** Joins the room over the database. */
export function createAssets(options: AssetsOptions & { readonly database: Database }): Assets {
  const { database, ...rest } = options;
  const stores = {
    store: createSqlAssetStore(database),
    lists: createSqlAssetListStore(database),
    objectStore: createSqlBucketObjectStore(database),
    digests: createSqlSealedDigestStore(database),
  };
  return createAssetsOver({ ...rest, ...stores });
}

/** Both services save into the same buckets, so the sweep must know what either has under way. */
export function createAssetsOver(
  options: AssetsOptions & {
    readonly store: AssetStore;
    readonly lists: AssetListStore;
    readonly objectStore: BucketObjectStore;
    readonly digests: SealedDigestStore;
  },
): Assets {
  const { objectStore, ...rest } = options;
  const inFlight = new ObjectsInFlight();
  const contents = new SealedContents({ ...rest, inFlight });
  const service = createAssetService({ ...rest, contents, inFlight });
  return {
    service,
    bucketObjects: createBucketObjectService({ ...rest, contents, store: objectStore }),
    digestsOfProject: (scope) => rest.digests.ofProject(scope),
    createArchives: (archives) => ({
      ...createProjectExport({ ...rest, ...archives, objectStore, contents }),
      ...createProjectImport({ ...rest, ...archives, objectStore, contents, assets: service }),
    }),
  };
}
