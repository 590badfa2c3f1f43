import type { BucketScope } from './bucket.ts';

/** Keeps the credentials of buckets, wrapped. */
export type BucketCredentialStore = {
  find(scope: BucketScope): Promise<Uint8Array | undefined>;
  /**
   * Keeps the credentials in place of those before.
   * @throws AppError `not-found` when the project is not there (any more).
   */
  keep(scope: BucketScope, wrapped: Uint8Array): Promise<void>;
  /** No error when there are none. */
  forget(scope: BucketScope): Promise<void>;
};
