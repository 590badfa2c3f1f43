export type { Bucket, BucketScope, StoredObject } from './bucket.ts';
export { type StorageConfig, storageConfig } from './config.ts';
export { createStorage, type Storage } from './create-storage.ts';
export type { SealedBucket, SealedObject, SealingScope } from './sealed-bucket.ts';
