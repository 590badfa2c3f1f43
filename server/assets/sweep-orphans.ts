import { type Audit, type AuditEvent, sumDigests, theServer } from '../audit/index.ts';
import { type Clock, isAppError, type Logger, loggableError, notFound } from '../core/index.ts';
import type { Bucket, BucketScope, Segment } from '../storage/index.ts';
import type { AssetStore } from './asset-store.ts';
import type { ObjectsInFlight } from './objects-in-flight.ts';
import { digestsOfUpload } from './sealed-digest-store.ts';
import type { UploadStore } from './upload-store.ts';

/**
 * Younger bytes are left alone: another server of the same deployment may be about to write their row. The first segment of a large object
 * is there hours before the row, over a slow line.
 */
export const LEAST_AGE_MS = 24 * 60 * 60 * 1000;
const BATCH = 500;

/** What a sweep removed. */
export type Sweep = { readonly objects: number; readonly temporaryFiles: number };

/**
 * Removes sealed objects that no row refers to (a crash between bytes and row, a delete that failed half-way) and what interrupted
 * writes left. They cannot be opened, as no wrapped key of them exists; they only take space. Uploads that have expired go too.
 *
 * An object that a row refers to is never removed, nor one that is being saved. The order makes sure: first the objects in flight are
 * noted, then the bucket is listed, then the rows are asked. An object that is listed was in flight at the note (left alone), or was
 * saved before it (its row is visible to the later question), or began after it (too young).
 */
export async function sweepOrphans(options: {
  readonly store: AssetStore;
  readonly uploads: Pick<UploadStore, 'listExpired' | 'deleteExpired'>;
  readonly audit: Audit;
  readonly bucket: Bucket;
  readonly inFlight: ObjectsInFlight;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Sweep> {
  const { bucket, clock, logger } = options;
  const olderThan = new Date(clock.now().getTime() - LEAST_AGE_MS);
  const toNext =
    (message: string, scope: Partial<BucketScope> = {}) =>
    (error: unknown): 0 => {
      logger.warn(`${message}; the next sweep tries again`, { ...scope, error: loggableError(error) });
      return 0;
    };
  const temporaryFiles = await bucket.sweep(olderThan).catch(toNext('a storage could not be swept'));
  let objects = 0;
  try {
    for await (const scope of bucket.listBuckets()) {
      objects += await removeExpired(options, scope).catch(toNext('expired uploads could not be removed', scope));
      objects += await sweepBucket(options, scope, olderThan).catch(toNext('a bucket could not be swept', scope));
    }
  } catch (error) {
    toNext('a storage could not be listed')(error);
  }
  if (objects + temporaryFiles > 0)
    logger.info('removed what belonged to nothing', { count: objects + temporaryFiles });
  return { objects, temporaryFiles };
}

/** @returns of how many segments the bytes are gone */
async function removeExpired(
  { uploads, audit, bucket, clock }: Pick<Parameters<typeof sweepOrphans>[0], 'uploads' | 'audit' | 'bucket' | 'clock'>,
  scope: BucketScope,
): Promise<number> {
  const now = clock.now();
  let removed = 0;
  for (const id of await uploads.listExpired(scope, now)) {
    const eventOf = (segments: readonly Segment[]): AuditEvent => {
      const { sealedSha256 } = sumDigests(digestsOfUpload(id, segments));
      const details = sealedSha256 === undefined ? {} : { details: { sealedSha256 } };
      return { action: 'upload.expire', target: { type: 'upload', id }, projectId: scope.projectId, ...details };
    };
    const change = async () => {
      const segments = await uploads.deleteExpired(scope, id, now);
      if (segments === undefined) throw notFound('upload', id);
      return segments;
    };
    const segments = await audit.change(theServer(scope.accountId), eventOf, change).catch(unlessIsGone);
    for (const { segmentId } of segments) await bucket.delete(scope, segmentId);
    removed += segments.length;
  }
  return removed;
}

/** Somebody has given it up since, or goes on with it. */
function unlessIsGone(error: unknown): readonly Segment[] {
  if (isAppError(error) && error.code === 'not-found') return [];
  throw error;
}

async function sweepBucket(
  {
    store,
    bucket,
    inFlight,
  }: { readonly store: AssetStore; readonly bucket: Bucket; readonly inFlight: ObjectsInFlight },
  scope: BucketScope,
  olderThan: Date,
): Promise<number> {
  const beingSaved = inFlight.snapshot();
  const candidates: string[] = [];
  let isEmpty = true;
  for await (const { objectId, writtenAt } of bucket.list(scope)) {
    isEmpty = false;
    if (writtenAt < olderThan && !beingSaved.has(objectId)) candidates.push(objectId);
  }
  // A project's bucket goes last when the project is deleted; a crash before that leaves the folder.
  if (isEmpty && !(await store.hasProject(scope))) await bucket.remove(scope);
  let removed = 0;
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH);
    const referenced = await store.referenced(scope, batch);
    for (const objectId of batch) {
      if (referenced.has(objectId) || inFlight.has(objectId)) continue;
      await bucket.delete(scope, objectId);
      removed += 1;
    }
  }
  return removed;
}
