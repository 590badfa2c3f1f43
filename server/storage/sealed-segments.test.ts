import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, newId } from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { ContentInSegments } from './content-in-segments.ts';
import { createMemoryBucket, type MemoryBucket } from './memory-bucket.ts';
import { createSealedBucket, type SealedBucket } from './sealed-bucket.ts';
import { objectOfSegments, type SealedObject, type Segment, storedIdsOf } from './sealed-object.ts';

/** Property tests run a few cases each time, many when somebody asks for it: SLOW=1. */
const numRuns = process.env.SLOW === '1' ? 300 : 25;

/** Small ones, so that there are many. */
const SEGMENT_BYTES = 10_000;

async function* inPieces(bytes: Uint8Array, pieceBytes = 3_333): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('an object of many segments', () => {
  let keys: KeyService;
  let bucket: MemoryBucket;
  let sealedBucket: SealedBucket;
  let scope: { accountId: string; projectId: string; purpose: string };

  beforeEach(() => {
    keys = createMemoryKeys().service;
    bucket = createMemoryBucket();
    sealedBucket = createSealedBucket({ bucket, keys, segmentBytes: SEGMENT_BYTES });
    scope = { accountId: newId(), projectId: newId(), purpose: 'test' };
  });
  afterEach(() => keys.close());

  const put = (bytes: Uint8Array, place = scope) => sealedBucket.put(place, inPieces(bytes));
  const bytesOf = ({ segmentId }: Segment, place = scope) => Buffer.from(bucket.bytesOf(place, segmentId));

  function segmentOf(object: SealedObject, number: number): Segment {
    return object.segments[number] ?? expect.fail(`there is no segment ${number}`);
  }

  /** It must be refused, and what came out before must be a true beginning of the plaintext, from the start of the range on. */
  async function expectRefused(object: SealedObject, plaintext: Uint8Array, place = scope): Promise<void> {
    const seen: Uint8Array[] = [];
    let failure: unknown;
    try {
      for await (const piece of await sealedBucket.get(place, object)) seen.push(piece);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'failed-precondition', details: { reason: 'sealed-data-not-readable' } });
    const before = Buffer.concat(seen);
    expect(before.equals(plaintext.subarray(0, before.length))).toBe(true);
  }

  /** What somebody would write into the database who may change everything there. */
  const withSegments = (object: SealedObject, segments: readonly Segment[]) => objectOfSegments(object, segments);

  it('has as many as its size needs, each of which is an object of the bucket', async () => {
    for (const [size, expected] of [
      [0, [0]],
      [1, [1]],
      [SEGMENT_BYTES, [SEGMENT_BYTES]],
      [SEGMENT_BYTES + 1, [SEGMENT_BYTES, 1]],
      [3 * SEGMENT_BYTES, [SEGMENT_BYTES, SEGMENT_BYTES, SEGMENT_BYTES]],
    ] as const) {
      const bytes = randomBytes(size);
      const object = await put(bytes);
      expect(object.segments.map(({ sizeBytes }) => sizeBytes)).toEqual(expected);
      expect(object.sizeBytes).toBe(size);
      for (const [number, segment] of object.segments.entries()) {
        const stored = bytesOf(segment);
        expect(segment).toMatchObject({ number, offsetBytes: number * SEGMENT_BYTES, sealedSizeBytes: stored.length });
        expect(sha256(stored).equals(segment.sealedSha256)).toBe(true);
        expect(stored.includes('cloister:segment')).toBe(true);
      }
      expect(sha256(Buffer.concat(object.segments.map((part) => part.sealedSha256))).equals(object.sealedSha256)).toBe(
        true,
      );
      expect((await collect(await sealedBucket.get(scope, object))).equals(bytes)).toBe(true);
    }
  });

  it('gives exactly the range that is asked for, and opens no other segment', async () => {
    const bytes = randomBytes(4 * SEGMENT_BYTES + 1234);
    const object = await put(bytes);
    const opened: string[] = [];
    const watching = createSealedBucket({
      keys,
      bucket: {
        ...bucket,
        get: (place, id) => {
          opened.push(id);
          return bucket.get(place, id);
        },
      },
    });
    const offset = fc.integer({ min: 0, max: bytes.length });
    await fc.assert(
      fc.asyncProperty(offset, offset, async (one, other) => {
        const [start, endExclusive] = [Math.min(one, other), Math.max(one, other)];
        opened.length = 0;
        const part = await collect(await watching.get(scope, object, { start, endExclusive }));
        expect(part.equals(bytes.subarray(start, endExclusive))).toBe(true);
        const needed = object.segments.filter(
          (segment) => segment.offsetBytes < endExclusive && segment.offsetBytes + segment.sizeBytes > start,
        );
        const ids = needed.map(({ segmentId }) => segmentId);
        // Nothing of an object is still opened where the key has to fit: the first segment, if the place is in none.
        expect(opened).toEqual(ids.length > 0 || start < endExclusive ? ids : [object.segments[0]?.segmentId]);
      }),
      {
        numRuns: numRuns * 4,
        examples: [
          [0, 0],
          [bytes.length, bytes.length],
          [SEGMENT_BYTES, SEGMENT_BYTES],
          [5, 5],
        ],
      },
    );
    await expect(sealedBucket.get(scope, object, { start: 0, endExclusive: bytes.length + 1 })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('refuses segments in another order, twice, missing or added, whatever the database says', async () => {
    const bytes = randomBytes(3 * SEGMENT_BYTES);
    const object = await put(bytes);
    const [one, two, three] = [segmentOf(object, 0), segmentOf(object, 1), segmentOf(object, 2)];
    const inPlaceOf = (place: Segment, other: Segment): Segment => ({
      ...other,
      number: place.number,
      offsetBytes: place.offsetBytes,
    });
    for (const segments of [
      [inPlaceOf(one, two), inPlaceOf(two, one), three],
      [one, inPlaceOf(two, one), three],
      [one, two, three, inPlaceOf({ ...three, number: 3, offsetBytes: 3 * SEGMENT_BYTES }, three)],
      [inPlaceOf(one, two), inPlaceOf(two, three)],
    ]) {
      await expectRefused(withSegments(object, segments), bytes);
    }
    // The rows of the segments alone, without the object's.
    for (const segments of [[one, two], [one, three], [two, one, three], [one, two, three, three], [one]]) {
      await expectRefused({ ...object, segments }, bytes);
    }
    for (const sizeBytes of [SEGMENT_BYTES - 1, SEGMENT_BYTES + 1]) {
      const later = { ...three, offsetBytes: SEGMENT_BYTES + sizeBytes };
      await expectRefused(withSegments(object, [one, { ...two, sizeBytes }, later]), bytes);
    }
    // The bytes alone change places.
    bucket.overwrite(scope, one.segmentId, bytesOf(two));
    await expectRefused(object, bytes);
  });

  it('refuses a segment of another object, project or account, with its rows or without', async () => {
    const bytes = randomBytes(2 * SEGMENT_BYTES);
    const object = await put(bytes);
    const places = [scope, { ...scope, projectId: newId() }, { ...scope, accountId: newId(), projectId: newId() }];
    for (const place of places) {
      const other = await put(randomBytes(2 * SEGMENT_BYTES), place);
      for (const number of [0, 1]) {
        const [stolen, victim] = [segmentOf(object, number), segmentOf(other, number)];
        const original = bytesOf(victim, place);
        bucket.overwrite(place, victim.segmentId, bytesOf(stolen));
        const fitting = other.segments.map((segment) =>
          segment.number === number ? { ...stolen, segmentId: victim.segmentId } : segment,
        );
        for (const rows of [other, withSegments(other, fitting)]) {
          const failure = await collect(await sealedBucket.get(place, rows)).catch((error: unknown) => error);
          expect(failure).toMatchObject({ details: { reason: 'sealed-data-not-readable' } });
        }
        bucket.overwrite(place, victim.segmentId, original);
      }
      if (place === scope) continue;
      // Everything carried over: bytes, rows and the wrapped key.
      for (const segment of object.segments) bucket.overwrite(place, segment.segmentId, bytesOf(segment));
      const failure = await sealedBucket.get(place, object).catch((error: unknown) => error);
      expect(failure).toMatchObject({ details: { reason: 'sealed-data-not-readable' } });
    }
  });

  it('refuses to be taken for one message of version 1, and takes none for a segment', async () => {
    const bytes = randomBytes(100);
    const object = await put(bytes);
    const segment = segmentOf(object, 0);
    const { sealedSizeBytes, sealedSha256 } = segment;
    bucket.overwrite(scope, object.objectId, bytesOf(segment));
    const { sizeBytes: _, ...header } = object;
    await expectRefused({ ...header, segments: [], sealedSizeBytes, sealedSha256 }, bytes);
  });

  it('refuses what an earlier attempt sealed for the same segment of the same object', async () => {
    const header = await sealedBucket.beginObject(scope);
    const seal = (text: string) =>
      sealedBucket.putSegment(
        scope,
        header,
        { number: 0, segmentId: newId(), offsetBytes: 0 },
        new ContentInSegments(inPieces(Buffer.from(text))).next(),
      );
    const [earlier, kept] = [await seal('as it was'), await seal('as it is!')];
    const object = objectOfSegments(header, [kept]);
    bucket.overwrite(scope, kept.segmentId, bytesOf(earlier));
    await expectRefused(object, Buffer.from('as it is!'));
    const { sealedSizeBytes, sealedSha256 } = earlier;
    await expectRefused(withSegments(object, [{ ...kept, sealedSizeBytes, sealedSha256 }]), Buffer.from('as it is!'));
  });

  it('refuses another purpose', async () => {
    const bytes = randomBytes(2 * SEGMENT_BYTES);
    const object = await put(bytes);
    await expectRefused({ ...object, purpose: 'something else' }, bytes);
  });

  it('refuses a bit that was turned over, an end that was cut off and bytes that were added, in any segment', async () => {
    const bytes = randomBytes(3 * SEGMENT_BYTES - 7);
    const object = await put(bytes);
    const any = fc.integer({ min: 0, max: 2 });
    const where = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    const changes: Record<string, (stored: Buffer, at: number) => Buffer> = {
      'turned over': (stored, at) => {
        const changed = Buffer.from(stored);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
        return changed;
      },
      'cut off': (stored, at) => stored.subarray(0, at),
      added: (stored, at) => Buffer.concat([stored, stored.subarray(0, at + 1)]),
      inserted: (stored, at) => Buffer.concat([stored.subarray(0, at), Buffer.alloc(1), stored.subarray(at)]),
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(changes)), any, where, async (change, number, share) => {
        const segment = segmentOf(object, number);
        const stored = bytesOf(segment);
        const changed = changes[change]?.(stored, Math.floor(share * stored.length)) ?? expect.fail(change);
        bucket.overwrite(scope, segment.segmentId, changed);
        await expectRefused(object, bytes);
        // Also when whoever did it could change the database to fit. What follows the last frame is in no content then.
        const fitting = { ...segment, sealedSizeBytes: changed.length, sealedSha256: sha256(changed) };
        const segments = object.segments.map((kept) => (kept.number === number ? fitting : kept));
        if (change !== 'added') await expectRefused(withSegments(object, segments), bytes);
        bucket.overwrite(scope, segment.segmentId, stored);
      }),
      { numRuns: numRuns * 2 },
    );
    expect((await collect(await sealedBucket.get(scope, object))).equals(bytes)).toBe(true);
  });

  it('is sealed segment by segment by a caller, and opens the same', async () => {
    const bytes = randomBytes(25_000);
    const header = await sealedBucket.beginObject(scope);
    expect(bucket.objectIds()).toEqual([]);
    const segments: Segment[] = [];
    for (const [number, [offsetBytes, end]] of [
      [0, 7],
      [7, 8_000],
      [8_000, 25_000],
    ].entries() as IterableIterator<[number, [number, number]]>) {
      const next = { number, segmentId: newId(), offsetBytes };
      const content = inPieces(bytes.subarray(offsetBytes, Math.min(end, offsetBytes + SEGMENT_BYTES)));
      segments.push(await sealedBucket.putSegment(scope, header, next, new ContentInSegments(content).next()));
    }
    const last = segments.at(-1) ?? expect.fail('no segment');
    const offsetBytes = last.offsetBytes + last.sizeBytes;
    const rest = new ContentInSegments(inPieces(bytes.subarray(offsetBytes))).next();
    segments.push(await sealedBucket.putSegment(scope, header, { number: 3, segmentId: newId(), offsetBytes }, rest));
    const object = objectOfSegments(header, segments);
    expect((await collect(await sealedBucket.get(scope, object))).equals(bytes)).toBe(true);
    const from = (some: readonly Segment[], start: number, endExclusive: number) =>
      sealedBucket.getFromSegments(scope, header, some, { start, endExclusive });
    const middle = segments.slice(1, 3);
    expect((await collect(await from(middle, 10, 9_000))).equals(bytes.subarray(10, 9_000))).toBe(true);
    for (const wrong of [[...middle].reverse(), [0, 2].flatMap((number) => segments.slice(number, number + 1))]) {
      await expect(from(wrong, 10, 11)).rejects.toMatchObject({ details: { reason: 'sealed-data-not-readable' } });
    }
    await expect(from(middle, 6, 9_000)).rejects.toMatchObject({ code: 'internal' });
    await sealedBucket.delete(scope, storedIdsOf(object));
    expect(bucket.objectIds()).toEqual([]);
  });

  it('leaves nothing when its content fails late, or the storage does, and lets the sender go', async () => {
    const failure = new Error('the sender went away');
    async function* failing(): AsyncIterable<Uint8Array> {
      yield* inPieces(randomBytes(3 * SEGMENT_BYTES + 10));
      throw failure;
    }
    await expect(sealedBucket.put(scope, failing())).rejects.toBe(failure);
    expect(bucket.objectIds()).toEqual([]);

    const full = new AppError('resource-exhausted', 'There is no space left.');
    let puts = 0;
    const filling = createSealedBucket({
      keys,
      segmentBytes: SEGMENT_BYTES,
      bucket: {
        ...bucket,
        put: async (place, id, content) => {
          puts += 1;
          if (puts === 3) for await (const _ of content) throw full;
          return bucket.put(place, id, content);
        },
      },
    });
    let isLetGo = false;
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        for (;;) yield randomBytes(1000);
      } finally {
        isLetGo = true;
      }
    }
    await expect(filling.put(scope, endless())).rejects.toBe(full);
    expect(bucket.objectIds()).toEqual([]);
    expect(isLetGo).toBe(true);
  });

  it('is written with three segments open at most, and no piece of it is kept', async () => {
    let open = 0;
    let mostOpen = 0;
    const counting = createSealedBucket({
      keys,
      segmentBytes: SEGMENT_BYTES,
      bucket: {
        ...bucket,
        put: async (place, id, content) => {
          open += 1;
          mostOpen = Math.max(mostOpen, open);
          await bucket.put(place, id, content);
          // Becoming durable takes its time.
          await new Promise((resolve) => setTimeout(resolve, 5));
          open -= 1;
        },
      },
    });
    const bytes = randomBytes(6 * SEGMENT_BYTES);
    const object = await counting.put(scope, inPieces(bytes));
    expect(mostOpen).toBe(3);
    expect((await collect(await sealedBucket.get(scope, object))).equals(bytes)).toBe(true);
  });

  it('is told to be missing when a segment is, wherever the reading is then', async () => {
    const object = await put(randomBytes(3 * SEGMENT_BYTES));
    await bucket.delete(scope, segmentOf(object, 2).segmentId);
    await expect(collect(await sealedBucket.get(scope, object))).rejects.toMatchObject({ code: 'not-found' });
    await bucket.delete(scope, segmentOf(object, 0).segmentId);
    await expect(sealedBucket.get(scope, object)).rejects.toMatchObject({ code: 'not-found' });
  });
});
