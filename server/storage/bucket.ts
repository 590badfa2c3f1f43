/** The bucket of one project, in the account's own part of the storage. */
export type BucketScope = { readonly accountId: string; readonly projectId: string };

/** An object as the bucket lists it. */
export type StoredObject = {
  readonly objectId: string;
  readonly sizeBytes: number;
  /** When its last byte was written, by the storage's clock. */
  readonly writtenAt: Date;
};

/**
 * Something that stores bytes under ids: one bucket a project. It sees sealed bytes only.
 *
 * Obligations of every adapter:
 * - Accounts, projects and objects are named by ids (`isId`); anything else is refused as `invalid-argument` before it reaches the storage.
 * - An object is there as a whole or not at all, and when `put` has resolved it survives a power cut.
 * - A full storage is `resource-exhausted`, one that may not be written `failed-precondition`, one that is not reached `unavailable`;
 *   the message says what to do.
 */
export type Bucket = {
  /** What kind it is, for example `filesystem`. */
  readonly name: string;
  /** Makes the project's bucket, closed to everybody else. No error if it is there. */
  ensure(scope: BucketScope): Promise<void>;
  /** Removes the project's bucket with all that is in it. No error if it is not there. */
  remove(scope: BucketScope): Promise<void>;
  /** Removes every bucket of an account, and what is the account's own in the storage. No error if there is none. */
  removeAccount(accountId: string): Promise<void>;
  /**
   * Stores an object; makes the bucket if needed. Replaces an object of that id as a whole. Resolves when the bytes and the name are
   * durable. When `content` throws or the storage fails, nothing of it stays and the error comes out; what could not be cleaned up (a
   * crash) is not listed, cannot be got, and goes with {@link sweep}.
   */
  put(scope: BucketScope, objectId: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Opens an object for reading, in pieces, without loading it. Leaving the iteration early releases it.
   * @throws AppError `not-found` before the first piece when there is no such object.
   */
  get(scope: BucketScope, objectId: string): Promise<AsyncIterable<Uint8Array>>;
  /** Deletes an object. No error if it is not there. Durable when it resolves. */
  delete(scope: BucketScope, objectId: string): Promise<void>;
  /** Every whole object of the bucket, in no order; none if there is no bucket. Objects that come or go meanwhile may be missing. */
  list(scope: BucketScope): AsyncIterable<StoredObject>;
  /** Every bucket there is, of every account, in no order. */
  listBuckets(): AsyncIterable<BucketScope>;
  /**
   * Removes what interrupted puts left behind before `olderThan`; never what a running put of this process writes.
   * @returns how many were removed.
   */
  sweep(olderThan: Date): Promise<number>;
};
