import { type Clock, type Logger, loggableError } from '../core/index.ts';
import type { Bucket, BucketScope } from '../storage/index.ts';
import type { AssetStore } from './asset-store.ts';
import type { ObjectsInFlight } from './objects-in-flight.ts';
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
  readonly uploads: Pick<UploadStore, 'deleteExpired'>;
  readonly bucket: Bucket;
  readonly inFlight: ObjectsInFlight;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Sweep> {
  const { bucket, clock, logger } = options;
  const olderThan = new Date(clock.now().getTime() - LEAST_AGE_MS);
  let temporaryFiles = 0;
  try {
    temporaryFiles = await bucket.sweep(olderThan);
  } catch (error) {
    logger.warn('a storage could not be swept; the next sweep tries again', { error: loggableError(error) });
  }
  let objects = 0;
  for await (const scope of bucket.listBuckets()) {
    try {
      for (const storedId of await options.uploads.deleteExpired(scope, clock.now())) {
        await bucket.delete(scope, storedId);
        objects += 1;
      }
      objects += await sweepBucket(options, scope, olderThan);
    } catch (error) {
      logger.warn('a bucket could not be swept; the next sweep tries again', { ...scope, error: loggableError(error) });
    }
  }
  if (objects + temporaryFiles > 0)
    logger.info('removed what belonged to nothing', { count: objects + temporaryFiles });
  return { objects, temporaryFiles };
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
