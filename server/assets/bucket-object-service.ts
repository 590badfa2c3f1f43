import type { Audit } from '../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  isAppError,
  isId,
  notFound,
  type Page,
  type PageRequest,
} from '../core/index.ts';
import type { BucketDescription, Storage } from '../storage/index.ts';
import type { PersonScope } from './asset-store.ts';
import type { BucketObject, BucketObjectStore, BucketTotals } from './bucket-object-store.ts';
import { cutPage, decodeCursor, pageSize } from './page-cursor.ts';
import type { RequestedPart } from './requested-part.ts';
import {
  type ContentStream,
  type OpenedContent,
  onceRecorded,
  openLatest,
  type SealedContents,
} from './sealed-contents.ts';
import type { SealedDigestStore } from './sealed-digest-store.ts';

/** What an object without an asset is sealed for. Part of its encryption context: never changes. */
export const BUCKET_OBJECT = 'bucket-object';

const BYTES_PER_MEGABYTE = 1_000_000;

export type BucketSummary = BucketTotals & BucketDescription;

/**
 * The objects of projects' buckets, for people who were granted a bucket and for Admins and Editors. Every method checks first whether the
 * actor may, and every change and opening is recorded. An id that is not one, is unknown or is another project's is `not-found`.
 */
export type BucketObjectService = {
  /** Which bucket it is, in what kind of storage, and how much it holds. */
  summarise(actor: Actor, projectId: string): Promise<BucketSummary>;
  /** Newest first. */
  list(actor: Actor, projectId: string, request: PageRequest): Promise<Page<BucketObject>>;
  /**
   * Opens an object when the audit log has it. Each piece was authenticated before it comes; that the object is whole is known at the end.
   * Whoever does not read to the end leaves the iteration.
   * @throws AppError `failed-precondition` (reason `content-missing` or `sealed-data-not-readable`) when the bytes are gone or damaged; the
   *   latter also in the middle of the stream. `invalid-argument` (`range-not-satisfiable`) for a part that the object does not have.
   */
  open(actor: Actor, projectId: string, objectId: string, part?: RequestedPart): Promise<OpenedContent>;
  /**
   * Seals a stream, in constant memory, under an id that the actor chooses: a new object, or new content of the one that is there, also
   * where that is the content of an asset. What was there stays whole until the new content is durable.
   * @throws AppError `invalid-argument` for more bytes than the deployment takes, `cancelled` when the stream breaks; nothing is kept then.
   */
  put(actor: Actor, projectId: string, objectId: string, content: ContentStream): Promise<BucketObject>;
  /** From then on no copy of the content can be opened. The asset that it belongs to stays, without content. @returns the deletion receipt */
  delete(actor: Actor, projectId: string, objectId: string): Promise<string>;
};

export function createBucketObjectService(options: {
  readonly store: BucketObjectStore;
  readonly digests: SealedDigestStore;
  readonly contents: SealedContents;
  readonly storage: Pick<Storage, 'describe'>;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly maxObjectMegabytes: number;
}): BucketObjectService {
  const { store, digests, contents, storage, authorize, audit, clock, maxObjectMegabytes } = options;

  return {
    async summarise(actor, projectId) {
      await authorize(actor, { action: 'list-objects', projectId });
      return { ...storage.describe(scopeOf(actor, projectId)), ...(await store.count(scopeOf(actor, projectId))) };
    },

    async list(actor, projectId, { limit, cursor }) {
      await authorize(actor, { action: 'list-objects', projectId });
      const size = pageSize(limit);
      const after = cursor === undefined ? {} : { after: decodeCursor(cursor) };
      const found = await store.list(scopeOf(actor, projectId), { limit: size + 1, ...after });
      return cutPage(found, size, ({ createdAt, objectId }) => ({ at: createdAt, id: objectId }));
    },

    async open(actor, projectId, objectId, part) {
      await authorize(actor, { action: 'open-object', projectId });
      requireId(objectId);
      const scope = scopeOf(actor, projectId);
      const find = async () => {
        const found = await store.find(scope, objectId);
        return found && { object: found.sealed };
      };
      const found = await openLatest(find, async (sealed) =>
        onceRecorded(await contents.openStream(scope, sealed, part), () =>
          audit.record(actor, eventOf('object.open', projectId, objectId)),
        ),
      );
      if (found === undefined) throw notFound('object', objectId);
      if (found.opened === undefined) throw missing();
      return found.opened;
    },

    async put(actor, projectId, objectId, content) {
      await authorize(actor, { action: 'write-object', projectId });
      requireId(objectId);
      const scope = scopeOf(actor, projectId);
      const before = await store.find(scope, objectId);
      const arriving = limited(content.reveal('seal'), maxObjectMegabytes);
      const { object, replacedObjectIds } = await contents.save(
        scope,
        before?.sealed.purpose ?? BUCKET_OBJECT,
        arriving,
        (sealed) =>
          audit.change(actor, eventOf('object.put', projectId, objectId), () =>
            store.put(scope, objectId, sealed, {
              now: clock.now(),
              mustExist: before?.assetId !== undefined,
              partId: before?.partId,
            }),
          ),
      );
      await contents.delete(scope, replacedObjectIds);
      return object;
    },

    async delete(actor, projectId, objectId) {
      await authorize(actor, { action: 'write-object', projectId });
      requireId(objectId);
      const scope = scopeOf(actor, projectId);
      const [event, now] = [eventOf('object.delete', projectId, objectId), clock.now()];
      const { result: storedIds, receipt } = await audit.purge(actor, event, async () => {
        const found = await digests.ofObject(scope, objectId, now);
        if (found === undefined) throw notFound('object', objectId);
        return { digests: found, result: await store.delete(scope, objectId, now) };
      });
      await contents.delete(scope, storedIds);
      return receipt;
    },
  };
}

function scopeOf({ accountId, userId }: Actor, projectId: string): PersonScope {
  return { accountId, userId, projectId };
}

function requireId(objectId: string): void {
  if (!isId(objectId)) throw notFound('object', objectId);
}

function eventOf(action: 'object.open' | 'object.put' | 'object.delete', projectId: string, objectId: string) {
  return { action, target: { type: 'object', id: objectId }, projectId } as const;
}

function missing(): AppError {
  return new AppError(
    'failed-precondition',
    'The content of this object is missing from its bucket. If a backup holds it, restore it from there, or delete the object.',
    { details: { reason: 'content-missing' } },
  );
}

/** Passes the pieces on, up to the most that is taken. */
async function* limited(content: AsyncIterable<Uint8Array>, mostMegabytes: number): AsyncGenerator<Uint8Array> {
  let left = mostMegabytes * BYTES_PER_MEGABYTE;
  try {
    for await (const piece of content) {
      left -= piece.length;
      if (left < 0) {
        throw new AppError('invalid-argument', `The object is larger than ${mostMegabytes} MB. Nothing was kept.`, {
          details: { reason: 'object-too-large', fields: [{ field: 'body', message: `at most ${mostMegabytes} MB` }] },
        });
      }
      yield piece;
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError('cancelled', 'The object stopped coming before its end. Nothing was kept; send it again.', {
      cause: error,
    });
  }
}
