import type { S3 } from '@aws-sdk/client-s3';
import type { Logger } from '../core/index.ts';
import { type AwsRequestHandler, createAwsRequestHandler, type Egress } from '../egress/index.ts';
import type { SecretWrapper } from '../keys/index.ts';
import { readAccessKeyFile } from './access-key-file.ts';
import type { Bucket, BucketScope } from './bucket.ts';
import type { BucketCredentialStore } from './bucket-credential-store.ts';
import { bucketNameOf } from './bucket-name.ts';
import { parseBucketUrl, type S3Address } from './bucket-url.ts';
import { createFilesystemBucket } from './filesystem-bucket.ts';
import { createIamBucketCredentials } from './iam-bucket-credentials.ts';
import { createBucketClients, createInstanceClients, type ProjectClients } from './project-clients.ts';
import { createS3Bucket } from './s3-bucket.ts';
import { s3Opener } from './s3-client.ts';

/** A storage instance that is open. */
export type OpenBucket = {
  readonly bucket: Bucket;
  /** Whose credentials open its buckets; undefined where the storage knows no credentials. */
  readonly credentials?: ProjectClients['credentials'];
  /** What a project's bucket is called in the storage; of a folder only what is below the storage's own. */
  nameOf(scope: BucketScope): string;
  /** Host and port of the S3 endpoint. */
  readonly host?: string;
  close(): Promise<void>;
};

export type OpenBucketParts = {
  /** How the names of buckets begin where the URL does not say it. */
  readonly defaultPrefix: string;
  readonly store: BucketCredentialStore;
  readonly secretWrapper: SecretWrapper;
  readonly egress: Egress;
  readonly logger: Logger;
  /** Milliseconds without a byte until a request to an S3 storage is given up. Default 30 000. */
  readonly idleMs?: number;
};

/**
 * Opens a storage instance by its URL. Connects to nothing yet.
 * @throws AppError `failed-precondition` when its file with the access key cannot be used
 */
export function openBucket(url: string, parts: OpenBucketParts): OpenBucket {
  const address = parseBucketUrl(url);
  if (address.type === 's3') return openS3Bucket(address, parts);
  return {
    bucket: createFilesystemBucket({ root: address.folder }),
    nameOf: ({ accountId, projectId }) => `${accountId}/${projectId}`,
    async close() {},
  };
}

function openS3Bucket(
  address: S3Address,
  { defaultPrefix, store, secretWrapper, egress, logger, idleMs = 30_000 }: OpenBucketParts,
) {
  const { region, prefix = defaultPrefix, iamEndpoint } = address;
  const nameOf = (scope: BucketScope) => bucketNameOf(prefix, scope);
  const accessKey = readAccessKeyFile(address.secretFile);
  let handler: Promise<AwsRequestHandler> | undefined;
  const requestHandler = () => {
    handler ??= createAwsRequestHandler({ egress, logger, timeouts: { idleMs } });
    return handler;
  };
  const open = s3Opener(address, requestHandler);
  let opened: Promise<S3> | undefined;
  const instance = () => {
    opened ??= open(accessKey);
    return opened;
  };
  const clients =
    iamEndpoint === undefined
      ? createInstanceClients(instance)
      : createBucketClients({
          credentials: createIamBucketCredentials({
            endpoint: iamEndpoint,
            accessKey,
            requestHandler,
          }),
          store,
          secretWrapper,
          instance,
          open,
          nameOf,
        });
  return {
    bucket: createS3Bucket({ prefix, region, instance, clients, logger }),
    credentials: clients.credentials,
    nameOf,
    host: new URL(address.endpoint).host,
    async close() {
      (await handler)?.destroy();
    },
  };
}
