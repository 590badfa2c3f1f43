export type { Bucket, BucketScope, StoredObject } from './bucket.ts';
export { faultOfBucketUrl, parseBucketUrl, resolveBucketUrl } from './bucket-url.ts';
export { type StorageConfig, type StorageInstances, storageConfig, storageInstancesConfig } from './config.ts';
export { ContentInSegments, SEGMENT_BYTES } from './content-in-segments.ts';
export { type BucketDescription, createStorage, type Storage, storageDestinations } from './create-storage.ts';
export type { ByteRange, NewSegment, SealedBucket, SealingScope } from './sealed-bucket.ts';
export {
  digestOfSegments,
  objectOfSegments,
  type SealedObject,
  type SealedObjectHeader,
  type Segment,
  storedIdsOf,
} from './sealed-object.ts';
