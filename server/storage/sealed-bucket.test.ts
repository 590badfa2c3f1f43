import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, isAppError, newId } from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createFilesystemBucket } from './filesystem-bucket.ts';
import { createMemoryBucket, type MemoryBucket } from './memory-bucket.ts';
import { createSealedBucket, type SealedBucket } from './sealed-bucket.ts';
import { FRAME_LENGTH_BYTES } from './sealed-message.ts';
import { objectOfSegments, type SealedObject, storedIdsOf } from './sealed-object.ts';

/** Property tests run a few cases each time, many when somebody asks for it: SLOW=1. */
const numRuns = process.env.SLOW === '1' ? 200 : 10;

/** Bytes that a frame adds: sequence number 4, nonce 12, tag 16; the last one also a mark of 4 and its length of 4. */
const FRAME_OVERHEAD_BYTES = 32;
const LAST_FRAME_OVERHEAD_BYTES = 40;

async function* inPieces(bytes: Uint8Array, pieceBytes = 40_000): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}

describe('the sealed bucket', () => {
  let keys: KeyService;
  let bucket: MemoryBucket;
  let sealedBucket: SealedBucket;
  let scope: { accountId: string; projectId: string; purpose: string };

  beforeEach(() => {
    keys = createMemoryKeys().service;
    bucket = createMemoryBucket();
    sealedBucket = createSealedBucket({ bucket, keys });
    scope = { accountId: newId(), projectId: newId(), purpose: 'test' };
  });
  afterEach(() => keys.close());

  const put = (bytes: Uint8Array, pieceBytes?: number) => sealedBucket.put(scope, inPieces(bytes, pieceBytes));
  const get = async (object: SealedObject, from = scope) => collect(await sealedBucket.get(from, object));

  /** Reads as far as it goes: what came out, and the error. */
  async function attempt(object: SealedObject, from = scope): Promise<{ plaintext: Buffer; error: unknown }> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of await sealedBucket.get(from, object)) pieces.push(piece);
      return { plaintext: Buffer.concat(pieces), error: undefined };
    } catch (error) {
      return { plaintext: Buffer.concat(pieces), error };
    }
  }

  /** Damaged bytes must be refused with the one message, and what came out before must be a true beginning of the plaintext. */
  async function expectRefused(object: SealedObject, plaintext: Uint8Array, from = scope): Promise<void> {
    const { plaintext: seen, error } = await attempt(object, from);
    expect(isAppError(error, 'failed-precondition')).toBe(true);
    expect(error).toMatchObject({ details: { reason: 'sealed-data-not-readable' } });
    expect(String(error)).toBe(
      'AppError: This sealed data cannot be opened: it is damaged, or it was sealed for another place or by another key. If a backup holds it, restore it from there.',
    );
    expect(seen.equals(Buffer.from(plaintext.subarray(0, seen.length)))).toBe(true);
  }

  const storedIdOf = (object: SealedObject) => storedIdsOf(object)[0] ?? expect.fail('nothing is stored');
  const storedBytes = (object: SealedObject) => Buffer.from(bucket.bytesOf(scope, storedIdOf(object)));
  const overwrite = (object: SealedObject, bytes: Uint8Array, place = scope) =>
    bucket.overwrite(place, storedIdOf(object), bytes);

  /** The object's rows, changed by somebody who put these bytes in the place of its first segment. */
  function asIfSealed(object: SealedObject, bytes: Uint8Array): SealedObject {
    const [first, ...rest] = object.segments;
    if (first === undefined) return expect.fail('it has no segment');
    const sealedSha256 = createHash('sha256').update(bytes).digest();
    return objectOfSegments(object, [{ ...first, sealedSizeBytes: bytes.length, sealedSha256 }, ...rest]);
  }

  it('gives back what it was given, at every size around a frame and in pieces of any size', async () => {
    const sizes = [
      0,
      1,
      1000,
      FRAME_LENGTH_BYTES - 1,
      FRAME_LENGTH_BYTES,
      FRAME_LENGTH_BYTES + 1,
      3 * FRAME_LENGTH_BYTES,
    ];
    for (const size of sizes) {
      const bytes = randomBytes(size);
      expect((await get(await put(bytes))).equals(bytes)).toBe(true);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: -2, max: 2 }),
        fc.integer({ min: 1, max: 100_000 }),
        async (frames, difference, pieceBytes) => {
          const bytes = randomBytes(Math.max(0, frames * FRAME_LENGTH_BYTES + difference));
          expect((await get(await put(bytes, Math.max(pieceBytes, bytes.length >> 8)))).equals(bytes)).toBe(true);
        },
      ),
      { numRuns },
    );
  });

  it('takes byte after byte, and pieces of nothing', async () => {
    const bytes = randomBytes(300);
    async function* bytewise(): AsyncIterable<Uint8Array> {
      for (const byte of bytes) {
        yield Buffer.alloc(0);
        yield Buffer.from([byte]);
      }
    }
    expect((await get(await sealedBucket.put(scope, bytewise()))).equals(bytes)).toBe(true);
  });

  it('tells size and SHA-256 of the sealed bytes, which hold nothing of the plaintext', async () => {
    const bytes = Buffer.from('a very recognisable sentence. '.repeat(5000));
    const object = await put(bytes);
    const stored = storedBytes(object);
    expect(object.sealedSizeBytes).toBe(stored.length);
    const digest = createHash('sha256').update(stored).digest();
    expect(Buffer.from(object.segments[0]?.sealedSha256 ?? [])).toEqual(digest);
    expect(Buffer.from(object.sealedSha256)).toEqual(createHash('sha256').update(digest).digest());
    expect(object.sizeBytes).toBe(bytes.length);
    expect(stored.includes('recognisable')).toBe(false);
  });

  it('seals the same bytes differently each time', async () => {
    const bytes = randomBytes(1000);
    const [one, two] = [await put(bytes), await put(bytes)];
    expect(one.objectId).not.toBe(two.objectId);
    expect(storedBytes(one).subarray(-900).equals(storedBytes(two).subarray(-900))).toBe(false);
  });

  it('writes the committing suite of the AWS Encryption SDK, without a signature, and what the object is for', async () => {
    const stored = storedBytes(await put(Buffer.from('x')));
    expect(stored.subarray(0, 3).toString('hex')).toBe('020478');
    for (const text of ['cloister:account', scope.accountId, 'cloister:project', scope.projectId, 'cloister:purpose']) {
      expect(stored.includes(text)).toBe(true);
    }
  });

  it('refuses a bit that was turned over, in every part of the message', async () => {
    const bytes = randomBytes(2 * FRAME_LENGTH_BYTES + 100);
    const object = await put(bytes);
    const stored = storedBytes(object);
    const header = stored.length - bytes.length - 2 * FRAME_OVERHEAD_BYTES - LAST_FRAME_OVERHEAD_BYTES;
    const firstFrame = header + FRAME_LENGTH_BYTES + FRAME_OVERHEAD_BYTES;
    const positions = [
      ...Array.from({ length: 40 }, (_, index) => Math.floor((header * index) / 40)),
      ...[header - 1, header, header + 3, header + 4, header + 15, header + 16, header + 1000],
      ...[firstFrame - 17, firstFrame - 16, firstFrame - 1, firstFrame, firstFrame + 4, firstFrame + 5000],
      ...[stored.length - 140, stored.length - 136, stored.length - 120, stored.length - 17, stored.length - 1],
    ];
    const turnOver = async (position: number, bit: number) => {
      const flipped = Buffer.from(stored);
      flipped.writeUInt8(flipped.readUInt8(position) ^ (1 << bit), position);
      overwrite(object, flipped);
      await expectRefused(object, bytes);
      // Also when whoever turned it over could change the digest in the database.
      await expectRefused(asIfSealed(object, flipped), bytes);
    };
    for (const position of positions) await turnOver(position, position % 8);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: stored.length - 1 }), fc.integer({ min: 0, max: 7 }), turnOver),
      { numRuns },
    );
  });

  it('refuses an object that was cut, wherever, even with the size and digest changed to fit', async () => {
    const bytes = randomBytes(2 * FRAME_LENGTH_BYTES + 100);
    const object = await put(bytes);
    const stored = storedBytes(object);
    const header = stored.length - bytes.length - 2 * FRAME_OVERHEAD_BYTES - LAST_FRAME_OVERHEAD_BYTES;
    const frame = FRAME_LENGTH_BYTES + FRAME_OVERHEAD_BYTES;
    const cuts: Record<string, number> = {
      everything: 0,
      'in the header': header >> 1,
      'before the tag of the header': header - 16,
      'after the header': header,
      'in the first frame header': header + 7,
      'in the middle of a frame': header + frame + 1000,
      'before the tag of a frame': header + frame - 16,
      'between two frames': header + frame,
      'before the last frame': header + 2 * frame,
      'in the header of the last frame': header + 2 * frame + 6,
      'in the last frame': stored.length - 50,
      'before the tag of the last frame': stored.length - 16,
      'the last byte': stored.length - 1,
    };
    const cut = async (length: number) => {
      const shorter = stored.subarray(0, length);
      overwrite(object, shorter);
      await expectRefused(object, bytes);
      await expectRefused(asIfSealed(object, shorter), bytes);
    };
    for (const length of Object.values(cuts)) await cut(length);
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: stored.length - 1 }), cut), { numRuns });
  });

  it('refuses bytes that were added, in front, behind or between', async () => {
    const bytes = randomBytes(FRAME_LENGTH_BYTES + 10);
    const object = await put(bytes);
    const stored = storedBytes(object);
    const header = stored.length - bytes.length - FRAME_OVERHEAD_BYTES - LAST_FRAME_OVERHEAD_BYTES;
    const more = Buffer.alloc(10);
    for (const parts of [
      [stored, more],
      [stored, stored],
      [more, stored],
      [stored.subarray(0, header), more, stored.subarray(header)],
    ]) {
      overwrite(object, Buffer.concat(parts));
      await expectRefused(object, bytes);
    }
  });

  it('stops reading soon after the place where the object should end', async () => {
    const object = await put(randomBytes(1000));
    const stored = storedBytes(object);
    let pulled = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      yield stored;
      for (; pulled < 1000; pulled += 1) yield Buffer.alloc(100_000);
    }
    const swollen = createSealedBucket({ keys, bucket: { ...bucket, get: async () => endless() } });
    await expect(collect(await swollen.get(scope, object))).rejects.toMatchObject({
      details: { reason: 'sealed-data-not-readable' },
    });
    expect(pulled).toBeLessThan(3);
  });

  it('refuses frames in another order, twice, or from another object of the same key', async () => {
    const bytes = randomBytes(3 * FRAME_LENGTH_BYTES + 10);
    const object = await put(bytes);
    const stored = storedBytes(object);
    const frame = FRAME_LENGTH_BYTES + FRAME_OVERHEAD_BYTES;
    const header = stored.length - bytes.length - 3 * FRAME_OVERHEAD_BYTES - LAST_FRAME_OVERHEAD_BYTES;
    const start = stored.subarray(0, header);
    const frames = [0, 1, 2].map((index) => stored.subarray(header + index * frame, header + (index + 1) * frame));
    const last = stored.subarray(header + 3 * frame);
    const [one, two, three] = frames as [Buffer, Buffer, Buffer];
    // Sequence numbers put right by hand: the tag covers them.
    const renumbered = [Buffer.from(two), Buffer.from(one)];
    for (const [index, changed] of renumbered.entries()) changed.writeUInt32BE(index + 1, 0);
    for (const order of [
      [two, one, three, last],
      [one, three, two, last],
      [one, one, two, three, last],
      [one, two, last],
      [...renumbered, three, last],
    ]) {
      const changed = Buffer.concat([start, ...order]);
      overwrite(object, changed);
      await expectRefused(object, bytes);
      await expectRefused(asIfSealed(object, changed), bytes);
    }
  });

  it('refuses an object in the place of another one, in the same project, another project or another account', async () => {
    const bytes = randomBytes(5000);
    const object = await put(bytes);
    const places = [scope, { ...scope, projectId: newId() }, { ...scope, accountId: newId(), projectId: newId() }];
    for (const place of places) {
      const other = await sealedBucket.put(place, inPieces(randomBytes(5000)));
      const stolen = storedBytes(object);
      overwrite(other, stolen, place);
      await expectRefused(other, bytes, place);
      await expectRefused(asIfSealed(other, stolen), bytes, place);
      // The whole row carried over as well, with its wrapped key.
      overwrite(object, stolen, place);
      if (place !== scope) await expectRefused(object, bytes, place);
      await expectRefused({ ...object, objectId: other.objectId }, bytes, place);
    }
  });

  it('refuses an object that is asked for another purpose', async () => {
    const bytes = randomBytes(100);
    const object = await put(bytes);
    await expectRefused({ ...object, purpose: 'something else' }, bytes);
  });

  it('refuses a message that the right key sealed, but for another place', async () => {
    // What would remain if the wrapping of object keys forgot its context: the message itself says where it belongs.
    const bytes = randomBytes(100);
    const object = await put(bytes);
    const careless: KeyService = {
      ...keys,
      openObjectKey: (_, wrapped) => keys.openObjectKey({ ...scope, objectId: object.objectId }, wrapped),
    };
    const other = createSealedBucket({ bucket, keys: careless });
    expect((await collect(await other.get(scope, object))).equals(bytes)).toBe(true);
    const pretending = { ...object, purpose: 'something else' };
    await expect(collect(await other.get(scope, pretending))).rejects.toMatchObject({
      details: { reason: 'sealed-data-not-readable' },
    });
  });

  it('says when the bytes are not there', async () => {
    const object = await put(randomBytes(10));
    await sealedBucket.delete(scope, storedIdsOf(object));
    await expect(get(object)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('deletes many at once, and the others when one cannot be', async () => {
    const locked = new AppError('failed-precondition', 'A lock holds it.');
    const place = { accountId: scope.accountId, projectId: scope.projectId };
    const ids = Array.from({ length: 40 }, newId);
    for (const id of ids) await bucket.put(place, id, inPieces(randomBytes(10)));
    let [running, most] = [0, 0];
    const locking = createSealedBucket({
      keys,
      bucket: {
        ...bucket,
        delete: async (from, id) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise(setImmediate);
          running -= 1;
          if (id === ids[1]) throw locked;
          await bucket.delete(from, id);
        },
      },
    });
    await expect(locking.delete(scope, ids)).rejects.toBe(locked);
    expect(bucket.objectIds()).toEqual([ids[1]]);
    expect(most).toBe(16);
  });

  it('keeps nothing of a put whose content failed, and passes the failure on', async () => {
    const failure = new Error('the sender went away');
    async function* failing(): AsyncIterable<Uint8Array> {
      yield randomBytes(200_000);
      throw failure;
    }
    await expect(sealedBucket.put(scope, failing())).rejects.toBe(failure);
    expect(bucket.objectIds()).toEqual([]);
  });

  it("passes the storage's failure on, when writing and in the middle of reading", async () => {
    const full = new AppError('resource-exhausted', 'There is no space left.');
    const object = await put(randomBytes(300_000));
    const failing = createSealedBucket({
      keys,
      bucket: {
        ...bucket,
        put: async (_scope, _id, content) => {
          for await (const _ of content) throw full;
        },
        get: async (place, id) =>
          (async function* () {
            for await (const piece of await bucket.get(place, id)) {
              yield piece;
              throw full;
            }
          })(),
      },
    });
    await expect(failing.put(scope, inPieces(randomBytes(300_000)))).rejects.toBe(full);
    await expect(collect(await failing.get(scope, object))).rejects.toBe(full);
  });

  it('lets go when the reader leaves early, and serves many at once', async () => {
    const bytes = randomBytes(1_000_000);
    const object = await put(bytes);
    for await (const _ of await sealedBucket.get(scope, object)) break;
    const all = await Promise.all(Array.from({ length: 10 }, () => get(object)));
    expect(all.every((read) => read.equals(bytes))).toBe(true);
  });

  it('reads no further than the reader does', async () => {
    const object = await put(randomBytes(8_000_000));
    let pulled = 0;
    const counting = createSealedBucket({
      keys,
      bucket: {
        ...bucket,
        get: async (place, id) =>
          (async function* () {
            for await (const piece of await bucket.get(place, id)) {
              pulled += piece.length;
              yield piece;
            }
          })(),
      },
    });
    for await (const _ of await counting.get(scope, object)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      break;
    }
    expect(pulled).toBeLessThan(1_500_000);
  });

  it('writes nothing but sealed bytes to the disk, not even for a moment', async () => {
    const root = await mkdtemp(join(tmpdir(), 'cloister-sealed-'));
    try {
      const onDisk = createSealedBucket({ bucket: createFilesystemBucket({ root }), keys });
      const sentence = Buffer.from('a very recognisable sentence. '.repeat(10_000));
      const found: string[] = [];
      async function* watched(): AsyncIterable<Uint8Array> {
        for await (const piece of inPieces(sentence)) {
          yield piece;
          for (const name of await readdir(root, { recursive: true, withFileTypes: true })) {
            if (!name.isFile()) continue;
            if ((await readFile(join(name.parentPath, name.name))).includes('recognisable')) found.push(name.name);
          }
        }
      }
      const object = await onDisk.put(scope, watched());
      expect((await collect(await onDisk.get(scope, object))).equals(sentence)).toBe(true);
      expect(found).toEqual([]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
