import { newCredential, Secret } from '../core/index.ts';
import type { BucketCredentials } from './bucket-credentials.ts';
import type { AccessKey } from './s3-client.ts';

/** Credentials that open nothing, for tests. */
export function createMemoryBucketCredentials(): BucketCredentials & {
  /** The id of the credentials that the bucket's user has now. */
  currentOf(bucketName: string): string | undefined;
} {
  const users = new Map<string, AccessKey>();
  return {
    async issue(bucketName: string) {
      const accessKey = { id: newCredential('AK'), secret: new Secret(newCredential('SK')) };
      users.set(bucketName, accessKey);
      return accessKey;
    },
    async destroy(bucketName: string) {
      users.delete(bucketName);
    },
    currentOf: (bucketName) => users.get(bucketName)?.id,
  };
}
