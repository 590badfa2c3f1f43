import type { KeyService } from '../keys/index.ts';
import type { Bucket } from './bucket.ts';
import type { Storage } from './create-storage.ts';
import { createMemoryBucket, type MemoryBucket } from './memory-bucket.ts';
import { createSealedBucket } from './sealed-bucket.ts';

export { bucketConformance } from './bucket.conformance.ts';
export { createFilesystemBucket } from './filesystem-bucket.ts';
export { createMemoryBucket, type MemoryBucket } from './memory-bucket.ts';

/** The storage room over a bucket that the test holds. */
export function createStorageOver(bucket: Bucket, keys: KeyService): Storage {
  return { bucket, sealedBucket: createSealedBucket({ bucket, keys }) };
}

/** The storage room in memory. */
export function createMemoryStorage(options: {
  readonly keys: KeyService;
}): Storage & { readonly bucket: MemoryBucket } {
  const bucket = createMemoryBucket();
  return { ...createStorageOver(bucket, options.keys), bucket };
}
