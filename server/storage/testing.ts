import { randomBytes } from 'node:crypto';
import { newId } from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Bucket } from './bucket.ts';
import type { Storage } from './create-storage.ts';
import { createMemoryBucket, type MemoryBucket } from './memory-bucket.ts';
import { createSealedBucket } from './sealed-bucket.ts';
import { objectOfSegments, type SealedObject } from './sealed-object.ts';

export { bucketConformance } from './bucket.conformance.ts';
export { bucketCredentialsConformance } from './bucket-credentials.conformance.ts';
export { bucketNameOf } from './bucket-name.ts';
export { createFilesystemBucket } from './filesystem-bucket.ts';
export { createIamBucketCredentials } from './iam-bucket-credentials.ts';
export { createMemoryBucket, type MemoryBucket } from './memory-bucket.ts';
export { createMemoryBucketCredentialStore } from './memory-bucket-credential-store.ts';
export { createMemoryBucketCredentials } from './memory-bucket-credentials.ts';
export { openTestBucket } from './open-test-bucket.ts';

/** The storage room over a bucket that the test holds. */
export function createStorageOver(bucket: Bucket, keys: KeyService): Storage {
  return {
    bucket,
    sealedBucket: createSealedBucket({ bucket, keys }),
    describe: () => ({ kind: bucket.name }),
    list: () => [{ kind: bucket.name }],
    async close() {},
  };
}

/** The storage room in memory. */
export function createMemoryStorage(options: {
  readonly keys: KeyService;
}): Storage & { readonly bucket: MemoryBucket } {
  const bucket = createMemoryBucket();
  return { ...createStorageOver(bucket, options.keys), bucket };
}

/** What a sealed object of two segments leaves in the database. There are no bytes to it. */
export function randomSealedObject(options: {
  readonly projectKeyId: string;
  readonly purpose?: string;
  /** Of both segments together. */
  readonly sealedSizeBytes?: number;
}): SealedObject {
  const { projectKeyId, purpose = 'test', sealedSizeBytes = 1000 } = options;
  const header = { objectId: newId(), purpose, projectKeyId, wrappedKey: randomBytes(65) };
  const segments = [1, sealedSizeBytes - 1].map((sealed, number) => ({
    number,
    segmentId: newId(),
    offsetBytes: number * 100,
    sizeBytes: 100,
    sealedSizeBytes: sealed,
    sealedSha256: randomBytes(32),
  }));
  return objectOfSegments(header, segments);
}
