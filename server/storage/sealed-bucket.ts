import { AppError, newId } from '../core/index.ts';
import { type EncryptionContext, type KeyService, type ObjectScope, sealedDataNotReadable } from '../keys/index.ts';
import type { Bucket, BucketScope } from './bucket.ts';
import { ContentInSegments, type SegmentContent } from './content-in-segments.ts';
import {
  type AcceptedContext,
  type MessageKey,
  messageKeyOf,
  openStream,
  SealedBytesMeter,
  sealStream,
} from './sealed-message.ts';
import {
  endOf,
  isInARow,
  isWhole,
  objectOfSegments,
  type SealedObject,
  type SealedObjectHeader,
  type Segment,
} from './sealed-object.ts';

/** Where a new object goes. */
export type SealingScope = BucketScope & {
  readonly purpose: string;
  /** Makes the ids of the segments, for a caller that must know each before it is in the bucket. */
  readonly newSegmentId?: () => string;
};

/** Of one object: with two, the disk is not asked for anything while the one that follows is being filled. */
const MOST_SEGMENTS_OPEN = 3;

/** Deletions at a time. */
const DELETES_AT_ONCE = 16;

/** Bytes of an object before sealing: from `start` to before `endExclusive`. */
export type ByteRange = { readonly start: number; readonly endExclusive: number };

/** Which segment a caller seals next: its number, where its content begins, and its new id in the bucket. */
export type NewSegment = Pick<Segment, 'number' | 'segmentId' | 'offsetBytes'>;

/** A bucket for plaintext: everything is encrypted under a key of its own before its first byte leaves memory. */
export type SealedBucket = {
  /**
   * Seals a stream, in constant memory. Resolves when the sealed object is durable; the caller then keeps what it returns.
   * When `content` throws or the storage fails, nothing stays, but what cannot be deleted then either.
   */
  put(scope: SealingScope, content: AsyncIterable<Uint8Array>): Promise<SealedObject>;
  /** Makes the key of an object that is sealed segment by segment. Nothing is in the bucket yet. */
  beginObject(scope: SealingScope): Promise<SealedObjectHeader>;
  /**
   * Seals one segment of such an object. Resolves when it is durable; the caller then keeps what it returns, and at last joins all with
   * `objectOfSegments`. When `content` throws or the storage fails, nothing of the segment stays.
   * @param content the next segment of a `ContentInSegments`: it is as long as a segment may be
   */
  putSegment(
    scope: BucketScope,
    header: SealedObjectHeader,
    segment: NewSegment,
    content: SegmentContent,
  ): Promise<Segment>;
  /**
   * Opens an object as a stream. Each piece was authenticated before it comes; that the object is whole is known at its end.
   * @param range only these bytes; they must be within the object. Reads the segments that they are in, from their start.
   * @throws AppError `not-found` when the bytes are not there; `failed-precondition` when they do not open, with one message for every
   *   cause. Either comes here or in the middle of the stream.
   */
  get(scope: BucketScope, object: SealedObject, range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Opens bytes of an object that may not be whole yet, as `get` does.
   * @param segments one after the other, those that the bytes are in; others of the object need not be known
   */
  getFromSegments(
    scope: BucketScope,
    header: SealedObjectHeader,
    segments: readonly Segment[],
    range: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Deletes bytes. No error if they are not there. To make copies unreadable, delete the wrapped key first.
   * Goes on after a failure, and the first one comes out at the end; a storage that fails again and again is not asked for all of them.
   * @param storedIds their ids in the bucket, all of an object's: `storedIdsOf(object)`
   */
  delete(scope: BucketScope, storedIds: readonly string[]): Promise<void>;
};

export function createSealedBucket(options: {
  readonly bucket: Bucket;
  readonly keys: KeyService;
  /** Otherwise {@link SEGMENT_BYTES}: tests cut smaller ones. */
  readonly segmentBytes?: number;
}): SealedBucket {
  const { bucket, keys, segmentBytes } = options;

  /** A new object's key, both ways: to seal with now, and to keep. */
  async function beginObject(scope: SealingScope) {
    const objectScope = { ...placeOf(scope), objectId: newId(), purpose: scope.purpose };
    const { key, projectKeyId, wrapped } = await keys.newObjectKey(objectScope);
    using objectKey = key;
    const { objectId, purpose } = objectScope;
    return { header: { objectId, purpose, projectKeyId, wrappedKey: wrapped }, key: messageKeyOf(objectKey) };
  }

  async function keyOf(scope: BucketScope, header: SealedObjectHeader): Promise<MessageKey> {
    const { projectKeyId, wrappedKey: wrapped } = header;
    using objectKey = await keys.openObjectKey(scopeOf(scope, header), { projectKeyId, wrapped });
    return messageKeyOf(objectKey);
  }

  async function sealSegment(
    scope: ObjectScope,
    key: MessageKey,
    segment: NewSegment,
    { pieces, sizeBytes }: SegmentContent,
  ): Promise<Segment> {
    const meter = new SealedBytesMeter();
    const sealed = meter.measure(sealStream(pieces, key, contextOfSegment(scope, segment)));
    await bucket.put(placeOf(scope), segment.segmentId, sealed);
    return { ...segment, sizeBytes: sizeBytes(), ...meter.result() };
  }

  /** Seals segment after segment. While some become durable, the next is being filled. */
  async function sealSegments(
    scope: ObjectScope,
    key: MessageKey,
    newSegmentId: () => string,
    content: ContentInSegments,
  ): Promise<Segment[]> {
    const segments: Promise<Segment>[] = [];
    let offsetBytes = 0;
    try {
      do {
        await segments.at(-MOST_SEGMENTS_OPEN);
        const part = content.next();
        const segment = { number: segments.length, segmentId: newSegmentId(), offsetBytes };
        const sealing = sealSegment(scope, key, segment, part);
        // Its failure is met below, wherever the loop is then.
        sealing.catch(() => {});
        segments.push(sealing);
        // Left before its end: sealing has failed, or fails now, and nothing more may be asked of the sender.
        if (!(await Promise.race([part.isTaken, sealing.then(() => true)]))) await sealing;
        offsetBytes += part.sizeBytes();
      } while (await content.hasMore());
      return await Promise.all(segments);
    } catch (error) {
      content.leave();
      await deleteSealed(scope, await Promise.allSettled(segments));
      throw error;
    }
  }

  async function deleteSealed(scope: BucketScope, segments: readonly PromiseSettledResult<Segment>[]): Promise<void> {
    const sealed = segments.flatMap((result) => (result.status === 'fulfilled' ? [result.value.segmentId] : []));
    // What stays is what no row refers to, and without its key, which was never kept, it is noise.
    await Promise.allSettled(sealed.map((segmentId) => bucket.delete(placeOf(scope), segmentId)));
  }

  /** Gives the first segment's bytes only when they are there, so that whoever asks for what is gone hears it at once. */
  async function openSegments(
    scope: ObjectScope,
    key: MessageKey,
    segments: readonly Segment[],
    { start, endExclusive }: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    const wanted = segments.filter(
      ({ offsetBytes, sizeBytes }) => offsetBytes < endExclusive && offsetBytes + sizeBytes > start,
    );
    // Content of nothing is a segment of nothing, which must open too.
    const [first, ...others] = wanted.length > 0 || start < endExclusive ? wanted : segments.slice(0, 1);
    if (first === undefined) return nothing();
    const open = async (segment: Segment) => {
      const sealed = await bucket.get(placeOf(scope), segment.segmentId);
      const opened = openStream(sealed, segment, key, contextsOfSegment(scope, segment));
      return cut(
        ofSize(opened, segment.sizeBytes),
        start - segment.offsetBytes,
        Math.min(endExclusive - segment.offsetBytes, segment.sizeBytes),
      );
    };
    const opened = await open(first);
    return (async function* () {
      yield* opened;
      for (const segment of others) yield* await open(segment);
    })();
  }

  return {
    async put(scope: SealingScope, content: AsyncIterable<Uint8Array>) {
      const { header, key } = await beginObject(scope);
      const objectScope = scopeOf(scope, header);
      const parts = new ContentInSegments(content, segmentBytes);
      return objectOfSegments(header, await sealSegments(objectScope, key, scope.newSegmentId ?? newId, parts));
    },
    async beginObject(scope: SealingScope) {
      return (await beginObject(scope)).header;
    },
    async putSegment(scope, header, segment, content) {
      const key = await keyOf(scope, header);
      return sealSegment(scopeOf(scope, header), key, segment, content);
    },
    async get(scope: BucketScope, object: SealedObject, range?: ByteRange) {
      const key = await keyOf(scope, object);
      const objectScope = scopeOf(scope, object);
      if (object.segments.length === 0) {
        const sealed = await bucket.get(placeOf(scope), object.objectId);
        const opened = openStream(sealed, object, key, [{ context: contextOf(objectScope), needsDigest: true }]);
        return range === undefined ? opened : cut(opened, range.start, range.endExclusive);
      }
      if (!isWhole(object)) throw sealedDataNotReadable();
      const sizeBytes = object.sizeBytes ?? 0;
      requireWithin(range, { start: 0, endExclusive: sizeBytes });
      return openSegments(objectScope, key, object.segments, range ?? { start: 0, endExclusive: sizeBytes });
    },
    async getFromSegments(scope, header, segments, range) {
      if (!isInARow(segments)) throw sealedDataNotReadable();
      requireWithin(range, { start: segments[0]?.offsetBytes ?? 0, endExclusive: endOf(segments) });
      return openSegments(scopeOf(scope, header), await keyOf(scope, header), segments, range);
    },
    async delete(scope: BucketScope, storedIds: readonly string[]) {
      const left = storedIds.values();
      const worker = async () => {
        for (const storedId of left) await bucket.delete(placeOf(scope), storedId);
      };
      const ended = await Promise.allSettled(Array.from({ length: DELETES_AT_ONCE }, worker));
      const failed = ended.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

function placeOf({ accountId, projectId }: BucketScope): BucketScope {
  return { accountId, projectId };
}

function scopeOf(scope: BucketScope, { objectId, purpose }: SealedObjectHeader): ObjectScope {
  return { ...placeOf(scope), objectId, purpose };
}

/** What a message of version 1 says of itself: it is a whole object. */
function contextOf(scope: ObjectScope): EncryptionContext {
  return {
    'cloister:account': scope.accountId,
    'cloister:project': scope.projectId,
    'cloister:object': scope.objectId,
    'cloister:purpose': scope.purpose,
    'cloister:version': '1',
  };
}

/**
 * One of version 3 says which segment of the object it is, and what its id in the bucket is: each id is sealed once, so that an earlier
 * message for the same segment does not open in its place.
 */
function contextOfSegment(scope: ObjectScope, { number, segmentId }: Pick<Segment, 'number' | 'segmentId'>) {
  return {
    ...contextOf(scope),
    'cloister:version': '3',
    'cloister:segment': String(number),
    'cloister:segment-id': segmentId,
  };
}

/** What a segment may be: of version 3, or of version 2, which did not say its id. */
function contextsOfSegment(scope: ObjectScope, segment: Segment): readonly AcceptedContext[] {
  const version2 = { ...contextOf(scope), 'cloister:version': '2', 'cloister:segment': String(segment.number) };
  return [
    { context: contextOfSegment(scope, segment), needsDigest: false },
    { context: version2, needsDigest: true },
  ];
}

function requireWithin(range: ByteRange | undefined, there: ByteRange): void {
  if (range === undefined) return;
  const { start, endExclusive } = range;
  if (start < there.start || endExclusive < start || endExclusive > there.endExclusive) {
    throw new AppError('internal', 'A range must be within its object.');
  }
}

/** Passes the pieces on, and fails unless they have the size that was sealed. */
async function* ofSize(pieces: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncIterable<Uint8Array> {
  let remaining = sizeBytes;
  for await (const piece of pieces) {
    remaining -= piece.length;
    if (remaining < 0) throw sealedDataNotReadable();
    yield piece;
  }
  if (remaining > 0) throw sealedDataNotReadable();
}

/** From `start` to before `endExclusive`. Past the end it reads no further; up to the end, until the stream says that it is whole. */
async function* cut(pieces: AsyncIterable<Uint8Array>, start: number, endExclusive: number): AsyncIterable<Uint8Array> {
  let offset = 0;
  for await (const piece of pieces) {
    const wanted = piece.subarray(Math.max(0, start - offset), Math.max(0, endExclusive - offset));
    if (wanted.length > 0) yield wanted;
    offset += piece.length;
    if (offset > endExclusive) return;
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {}
