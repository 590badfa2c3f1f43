import type { AccessKey } from './s3-client.ts';

/**
 * Makes credentials that open one bucket and nothing else.
 *
 * Obligations of every adapter:
 * - A user is named like its bucket, so that it can be destroyed also when nobody remembers its credentials.
 * - It may list, read, write and delete objects of that bucket, all their versions and unfinished uploads. It may not remove or change the
 *   bucket, nor learn of another one.
 * - New credentials may take some seconds until the storage knows them; the caller waits for that.
 */
export type BucketCredentials = {
  /** New credentials; those that the bucket's user had before end. Resolves when they are made. */
  issue(bucketName: string): Promise<AccessKey>;
  /** Ends the credentials of a bucket and removes their user. No error if there are none. */
  destroy(bucketName: string): Promise<void>;
};
