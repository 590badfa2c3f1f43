import type { BucketScope } from './bucket.ts';
import type { BucketCredentialStore } from './bucket-credential-store.ts';

/** Keeps them in memory, for tests: every project is there. */
export function createMemoryBucketCredentialStore(): BucketCredentialStore {
  const kept = new Map<string, Uint8Array>();
  const nameOf = ({ accountId, projectId }: BucketScope) => `${accountId}/${projectId}`;
  return {
    async find(scope: BucketScope) {
      return kept.get(nameOf(scope));
    },
    async keep(scope: BucketScope, wrapped: Uint8Array) {
      kept.set(nameOf(scope), Uint8Array.from(wrapped));
    },
    async forget(scope: BucketScope) {
      kept.delete(nameOf(scope));
    },
  };
}
