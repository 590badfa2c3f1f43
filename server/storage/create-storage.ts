import type { Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import { type AllowedDestination, type Egress, hostAndPort, readAuthorities } from '../egress/index.ts';
import type { KeyService, SecretWrapper } from '../keys/index.ts';
import type { Bucket, BucketScope } from './bucket.ts';
import { prefixOfDeployment } from './bucket-name.ts';
import { createBucketRouter } from './bucket-router.ts';
import { parseBucketUrl } from './bucket-url.ts';
import { type StorageConfig, storageConfig } from './config.ts';
import { type OpenBucket, openBucket } from './open-bucket.ts';
import { createSealedBucket, type SealedBucket } from './sealed-bucket.ts';
import { createSqlBucketCredentialStore } from './sql-bucket-credential-store.ts';

/** What kind of storage an account's buckets are in. */
export type StorageDescription = {
  /** For example `filesystem`. */
  readonly kind: string;
  /** Whose credentials open a bucket: its own, or those of the whole instance; absent where the storage knows no credentials. */
  readonly credentials?: 'of-bucket' | 'of-instance';
};

/** Which bucket a project has. No path of the server: whoever was granted a bucket is no operator. */
export type BucketDescription = StorageDescription & {
  /** What it is called in its storage. */
  readonly name?: string;
  /** Host and port of the S3 storage. */
  readonly host?: string;
};

export type Storage = {
  readonly bucket: Bucket;
  readonly sealedBucket: SealedBucket;
  describe(scope: BucketScope): BucketDescription;
  /** The standard storage, then those that accounts have for themselves. */
  list(): readonly (StorageDescription & { readonly accountId?: string })[];
  /** Lets go of connections. */
  close(): Promise<void>;
};

/**
 * Joins the room. Connects to nothing yet: folders and buckets are made when a project needs them.
 * @param options.egress must let out to {@link storageDestinations} of the same settings
 * @throws AppError `failed-precondition` when a file with an access key cannot be used
 */
export async function createStorage(options: {
  readonly config: StorageConfig;
  readonly database: Database;
  readonly keys: KeyService;
  readonly secretWrapper: SecretWrapper;
  readonly egress: Egress;
  readonly logger: Logger;
}): Promise<Storage> {
  const { keys, logger } = options;
  const defaultPrefix = prefixOfDeployment(await readDeploymentId(options.database));
  const store = createSqlBucketCredentialStore(options.database);
  const { url, instances } = storageConfig.parse(options.config);
  const opened = new Map<string, OpenBucket>();
  /** Accounts with the same storage share it, so that each upload is known to the one that sweeps. */
  const open = (one: string) => {
    const found = opened.get(one) ?? openBucket(one, { ...options, store, defaultPrefix });
    opened.set(one, found);
    return found;
  };
  const standard = open(url);
  const ofAccounts = new Map(instances.map((instance) => [instance.account, open(instance.url)]));
  const buckets = new Map([...ofAccounts].map(([accountId, { bucket }]) => [accountId, bucket]));
  const bucket = createBucketRouter(standard.bucket, buckets);
  logger.info('storage is ready');
  return {
    bucket,
    sealedBucket: createSealedBucket({ bucket, keys }),
    describe(scope: BucketScope) {
      const one = ofAccounts.get(scope.accountId) ?? standard;
      return {
        ...descriptionOf(one),
        name: one.nameOf(scope),
        ...(one.host === undefined ? {} : { host: one.host }),
      };
    },
    list: () => [
      descriptionOf(standard),
      ...[...ofAccounts].map(([accountId, one]) => ({ ...descriptionOf(one), accountId })),
    ],
    async close() {
      await Promise.all([...opened.values()].map((one) => one.close()));
    },
  };
}

function descriptionOf({ bucket, credentials }: OpenBucket): StorageDescription {
  return { kind: bucket.name, ...(credentials === undefined ? {} : { credentials }) };
}

function readDeploymentId(database: Database): Promise<string> {
  return database.inDeployment(async (transaction) => {
    const { id } = await transaction.selectFrom('deployment').select('id').executeTakeFirstOrThrow();
    return id;
  });
}

/**
 * Where the server must be let out to for its storages.
 * @throws AppError `failed-precondition` when a file with authorities cannot be read or holds no certificate
 */
export function storageDestinations(config: StorageConfig): readonly AllowedDestination[] {
  const { url, instances } = storageConfig.parse(config);
  return [url, ...instances.map((instance) => instance.url)].flatMap((one) => {
    const address = parseBucketUrl(one);
    if (address.type !== 's3') return [];
    const ca = address.caFile === undefined ? {} : { ca: readAuthorities(address.caFile) };
    const endpoints = [address.endpoint, ...(address.iamEndpoint === undefined ? [] : [address.iamEndpoint])];
    return endpoints.map((endpoint) => ({
      host: hostAndPort(new URL(endpoint)),
      why: 'stores sealed objects, and makes the credentials of their buckets',
      ...ca,
    }));
  });
}
