import type { S3 } from '@aws-sdk/client-s3';
import { isAppError, isId, type Logger, notFound } from '../core/index.ts';
import type { Bucket, BucketScope, StoredObject } from './bucket.ts';
import { requireAccountId, requireIds } from './bucket-ids.ts';
import { accountPrefixOf, bucketNameOf, scopeOfBucketName } from './bucket-name.ts';
import type { ProjectClients } from './project-clients.ts';
import { asking } from './s3-client.ts';
import { isNoBucket, isNotOffered, isNotThere, mayBeUnknownCredential, s3ErrorCode } from './s3-error.ts';
import { piecesOf } from './s3-get.ts';
import { putStream } from './s3-put.ts';
import { deleteVersions, emptyBucket, unfinishedUploads } from './s3-versions.ts';

/** A save that is under way may add an object while its bucket is emptied. */
const REMOVE_ATTEMPTS = 3;

/**
 * Buckets of a storage over S3: one a project, named by the ids. Buckets are made, listed, swept and removed with the credentials of the
 * instance; objects are stored, read, listed and deleted with those of the project's own client.
 *
 * A put whose answer never came may have stored the whole object; its caller was told that it failed, and the sweep of orphans removes it.
 * @param options.instance a client with the credentials of the instance
 */
export function createS3Bucket(options: {
  readonly prefix: string;
  readonly region: string;
  readonly instance: () => Promise<S3>;
  readonly clients: ProjectClients;
  readonly logger: Logger;
}): Bucket {
  const { prefix, region, instance, clients, logger } = options;
  /** Unfinished uploads of running puts of this process. */
  const running = new Set<string>();
  const nameOf = (scope: BucketScope) => bucketNameOf(prefix, scope);

  const askInstance = async <T>(work: (s3: S3) => Promise<T>) => asking(async () => work(await instance()));

  /** With the project's own credentials, made anew where the storage does not know them any more. Errors as the storage gave them. */
  async function withProject<T>(scope: BucketScope, work: (s3: S3) => Promise<T>): Promise<T> {
    const client = await clients.get(scope);
    try {
      return await work(client);
    } catch (error) {
      if (!mayBeUnknownCredential(error)) throw error;
      return work(await clients.renew(scope, client));
    }
  }

  /** For a put: makes the bucket where there is none. */
  async function askMakingBucket<T>(scope: BucketScope, work: (s3: S3) => Promise<T>): Promise<T> {
    return asking(async () => {
      try {
        return await withProject(scope, work);
      } catch (error) {
        if (!isNoBucket(error)) throw error;
        await ensure(scope);
        return withProject(scope, work);
      }
    });
  }

  /** For a clean-up: a project that is gone has left no credentials, and perhaps its bucket. Undefined when there is no bucket. */
  async function askToClean<T>(scope: BucketScope, work: (s3: S3) => Promise<T>): Promise<T | undefined> {
    return asking(async () => {
      try {
        return await withProject(scope, work);
      } catch (error) {
        if (isNoBucket(error)) return undefined;
        if (!isAppError(error, 'not-found')) throw error;
        return work(await instance()).catch((second: unknown) => {
          if (isNoBucket(second)) return undefined;
          throw second;
        });
      }
    });
  }

  async function ensure(scope: BucketScope): Promise<void> {
    const name = nameOf(scope);
    await askInstance(async (s3) => {
      await makeBucket(s3, name, region);
      await blockPublicAccess(s3, name);
    });
    await asking(() => clients.get(scope));
  }

  async function remove(scope: BucketScope): Promise<void> {
    await asking(() => clients.destroy(scope));
    await askInstance((s3) => removeBucket(s3, nameOf(scope)));
  }

  async function* bucketsBelow(namePrefix: string): AsyncIterable<BucketScope> {
    for (let next: string | undefined; ; ) {
      const page = await askInstance((s3) => s3.listBuckets({ Prefix: namePrefix, ContinuationToken: next }));
      for (const { Name = '' } of page.Buckets ?? []) {
        // Older servers know no prefix and give every bucket.
        const scope = Name.startsWith(namePrefix) ? scopeOfBucketName(prefix, Name) : undefined;
        if (scope !== undefined) yield scope;
      }
      next = page.ContinuationToken;
      if (next === undefined || next === '') return;
    }
  }

  async function* list(scope: BucketScope): AsyncIterable<StoredObject> {
    for (let next: string | undefined; ; ) {
      const page = await askToClean(scope, (s3) =>
        s3.listObjectsV2({ Bucket: nameOf(scope), ContinuationToken: next }),
      );
      for (const { Key = '', Size = 0, LastModified } of page?.Contents ?? []) {
        if (isId(Key) && LastModified !== undefined) yield { objectId: Key, sizeBytes: Size, writtenAt: LastModified };
      }
      next = page?.NextContinuationToken;
      if (next === undefined || next === '') return;
    }
  }

  return {
    name: 's3',
    async ensure(scope: BucketScope) {
      requireIds(scope);
      await ensure(scope);
    },
    async remove(scope: BucketScope) {
      requireIds(scope);
      await remove(scope);
    },
    async removeAccount(accountId: string) {
      requireAccountId(accountId);
      for await (const scope of bucketsBelow(accountPrefixOf(prefix, accountId))) await remove(scope);
    },
    async put(scope: BucketScope, objectId: string, content: AsyncIterable<Uint8Array>) {
      requireIds(scope, objectId);
      await putStream({ Bucket: nameOf(scope), Key: objectId }, content, {
        ask: (work) => askMakingBucket(scope, work),
        running,
      });
    },
    async get(scope: BucketScope, objectId: string) {
      requireIds(scope, objectId);
      const place = { Bucket: nameOf(scope), Key: objectId };
      const orNotFound = (error: unknown) => {
        if (isNotThere(error) || isAppError(error, 'not-found')) throw notFound('object', objectId);
        throw error;
      };
      const head = await asking(() => withProject(scope, (s3) => s3.headObject(place)).catch(orNotFound));
      // Opened at the first read, so that a caller who never reads leaves no connection open.
      return piecesOf(place, { etag: head.ETag, sizeBytes: head.ContentLength ?? 0 }, (work) =>
        withProject(scope, work).catch(orNotFound),
      );
    },
    async delete(scope: BucketScope, objectId: string) {
      requireIds(scope, objectId);
      const Bucket = nameOf(scope);
      await askToClean(scope, (s3) => s3.deleteObject({ Bucket, Key: objectId }));
      if ((await askToClean(scope, (s3) => deleteVersions(s3, Bucket, objectId))) === false) {
        logger.warn('the storage keeps versions of a deleted object; nothing opens them', {
          accountId: scope.accountId,
          projectId: scope.projectId,
        });
      }
    },
    list(scope: BucketScope) {
      requireIds(scope);
      return list(scope);
    },
    listBuckets: () => bucketsBelow(prefix),
    async sweep(olderThan: Date) {
      let removed = 0;
      for await (const scope of bucketsBelow(prefix)) {
        removed += await askInstance((s3) => abortUploads(s3, nameOf(scope), olderThan, running));
      }
      return removed;
    },
  };
}

async function makeBucket(s3: S3, name: string, region: string): Promise<void> {
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } };
  await s3.createBucket({ Bucket: name, ...place }).catch((error: unknown) => {
    if (s3ErrorCode(error) !== 'BucketAlreadyOwnedByYou') throw error;
  });
}

async function blockPublicAccess(s3: S3, name: string): Promise<void> {
  await s3
    .putPublicAccessBlock({
      Bucket: name,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    })
    .catch((error: unknown) => {
      if (!isNotOffered(error)) throw error;
    });
}

async function removeBucket(s3: S3, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await emptyBucket(s3, name);
      await s3.deleteBucket({ Bucket: name });
      return;
    } catch (error) {
      if (isNoBucket(error)) return;
      if (s3ErrorCode(error) !== 'BucketNotEmpty' || attempt === REMOVE_ATTEMPTS) throw error;
    }
  }
}

/** @returns how many were older and belong to no running put of this process. */
async function abortUploads(s3: S3, name: string, olderThan: Date, running: ReadonlySet<string>): Promise<number> {
  let aborted = 0;
  try {
    for await (const { Key, UploadId, Initiated } of unfinishedUploads(s3, name)) {
      if (running.has(UploadId) || Initiated === undefined || Initiated >= olderThan) continue;
      await s3.abortMultipartUpload({ Bucket: name, Key, UploadId });
      aborted += 1;
    }
  } catch (error) {
    if (!isNotThere(error)) throw error;
  }
  return aborted;
}
