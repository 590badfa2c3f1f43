import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, Confidential, newId, silentLogger } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import type { Storage } from '../storage/index.ts';
import { createMemoryBucket, createStorageOver, type MemoryBucket } from '../storage/testing.ts';
import type { Assets } from './create-assets.ts';
import { MemoryAssetRecords } from './memory-asset-records.ts';
import { createMemoryAssetsRoom } from './testing.ts';

const MEBIBYTE = 1024 * 1024;
const SEGMENT = 16 * MEBIBYTE;
const DAY_MS = 24 * 60 * 60 * 1000;
const accountId = newId();
const projectId = newId();
const scope = { accountId, projectId };
const actor: Actor = { accountId, userId: newId(), via: 'login-session' };

describe('the service of uploads', () => {
  let clock: ManualClock;
  let bucket: MemoryBucket;
  let storage: Storage;
  let audit: RecordingAudit;
  let room: Assets;
  let records: MemoryAssetRecords;
  let denied: boolean;

  beforeEach(() => {
    clock = manualClock();
    bucket = createMemoryBucket({ clock });
    storage = createStorageOver(bucket, createMemoryKeys().service);
    audit = createRecordingAudit();
    denied = false;
    records = new MemoryAssetRecords();
    room = createMemoryAssetsRoom({
      records,
      storage,
      audit,
      clock,
      logger: silentLogger,
      authorize: async () => {
        if (denied) throw new AppError('permission-denied', 'no');
      },
    });
  });

  const begin = (lengthBytes: number, name = 'records.jsonl') =>
    room.uploads.create(actor, projectId, {
      name,
      description: 'about it',
      tags: [' A ', 'a', 'b'],
      mediaType: 'text/csv',
      lengthBytes,
    });

  async function* inPieces(bytes: Uint8Array, pieceBytes = 100_000): AsyncIterable<Uint8Array> {
    for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
  }

  /** Sends some bytes and then breaks, as a connection does. */
  async function* breaking(bytes: Uint8Array): AsyncIterable<Uint8Array> {
    yield* inPieces(bytes);
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  }

  const append = (id: string, offsetBytes: number, content: AsyncIterable<Uint8Array>, who = actor) =>
    room.uploads.append(who, projectId, id, { offsetBytes, content: Confidential.of(content) });

  async function contentOf(assetId: string): Promise<Buffer> {
    const { opened } = await room.service.openStream(actor, projectId, assetId);
    const pieces: Uint8Array[] = [];
    for await (const piece of opened.content.reveal('write-response')) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  it('makes a data asset of what comes in parts, and one event of it', async () => {
    const bytes = randomBytes(SEGMENT + 1000);
    const upload = await begin(bytes.length);
    expect(upload).toMatchObject({
      name: 'records.jsonl',
      tags: ['A', 'b'],
      offsetBytes: 0,
      lengthBytes: bytes.length,
    });
    expect(await room.uploads.list(actor, projectId)).toEqual([upload]);
    expect(await append(upload.id, 0, inPieces(bytes.subarray(0, 300)))).toMatchObject({ offsetBytes: 300 });
    expect(await room.uploads.get(actor, projectId, upload.id)).toMatchObject({ offsetBytes: 300 });
    await expect(room.service.get(actor, projectId, upload.id)).rejects.toMatchObject({ code: 'not-found' });
    expect(await append(upload.id, 300, inPieces(bytes.subarray(300)))).toMatchObject({ offsetBytes: bytes.length });
    expect(await room.service.get(actor, projectId, upload.id)).toMatchObject({
      type: 'data-asset',
      name: 'records.jsonl',
      description: 'about it',
      tags: ['A', 'b'],
      mediaType: 'text/csv',
      sizeBytes: bytes.length,
      createdByUserId: actor.userId,
    });
    expect(digestOf(await contentOf(upload.id))).toBe(digestOf(bytes));
    expect(audit.events[0]).toEqual({
      action: 'asset.create',
      target: { type: 'asset', id: upload.id },
      projectId,
      actor,
    });
    expect(await room.uploads.list(actor, projectId)).toEqual([]);
    // Whoever lost the last answer asks again, and hears that it is finished.
    const done = await room.uploads.get(actor, projectId, upload.id);
    expect(done).toMatchObject({ offsetBytes: bytes.length, lengthBytes: bytes.length });
    expect(bucket.objectIds()).toHaveLength(3);
    await room.service.delete(actor, projectId, upload.id);
    expect(bucket.objectIds()).toEqual([]);
  });

  it('keeps what had come when the connection breaks, in the middle of a segment too', async () => {
    const bytes = randomBytes(SEGMENT * 2 + 5);
    const { id } = await begin(bytes.length);
    const cut = SEGMENT + 1_234_567;
    await expect(append(id, 0, breaking(bytes.subarray(0, cut)))).rejects.toMatchObject({ code: 'cancelled' });
    expect(await room.uploads.get(actor, projectId, id)).toMatchObject({ offsetBytes: cut });
    await expect(append(id, cut, breaking(Buffer.alloc(0)))).rejects.toMatchObject({ code: 'cancelled' });
    await expect(append(id, cut, breaking(bytes.subarray(cut, cut + 1)))).rejects.toMatchObject({ code: 'cancelled' });
    await append(id, cut + 1, inPieces(bytes.subarray(cut + 1)));
    expect(digestOf(await contentOf(id))).toBe(digestOf(bytes));
  });

  it('tells the digest of each block of what has come, to whoever began it', async () => {
    const bytes = randomBytes(SEGMENT * 2);
    const { id } = await begin(bytes.length);
    const block = (number: number, who = actor) => room.uploads.digestOfBlock(who, projectId, id, number);
    const notThere = { details: { reason: 'range-not-satisfiable' } };
    await expect(block(0)).rejects.toMatchObject(notThere);
    await append(id, 0, inPieces(bytes.subarray(0, 1000)));
    expect(await block(0)).toEqual({
      sizeBytes: 1000,
      sha256: createHash('sha256').update(bytes.subarray(0, 1000)).digest(),
    });
    await append(id, 1000, inPieces(bytes.subarray(1000, SEGMENT + 7)));
    const blocks = [bytes.subarray(0, SEGMENT), bytes.subarray(SEGMENT, SEGMENT + 7)];
    for (const [number, part] of blocks.entries()) {
      const told = await block(number);
      expect([told.sizeBytes, Buffer.from(told.sha256).toString('hex')]).toEqual([part.length, digestOf(part)]);
    }
    await expect(block(2)).rejects.toMatchObject(notThere);
    await expect(block(0, { ...actor, userId: newId() })).rejects.toMatchObject({ code: 'not-found' });
    denied = true;
    await expect(block(0)).rejects.toMatchObject({ code: 'permission-denied' });
    denied = false;
    await append(id, SEGMENT + 7, inPieces(bytes.subarray(SEGMENT + 7)));
    await expect(block(0)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('finishes an upload of nothing at once', async () => {
    const upload = await begin(0);
    expect(upload).toMatchObject({ offsetBytes: 0, lengthBytes: 0 });
    expect(await room.service.get(actor, projectId, upload.id)).toMatchObject({ sizeBytes: 0 });
    expect(await contentOf(upload.id)).toHaveLength(0);
  });

  it('goes on where it is and nowhere else, one request at a time', async () => {
    const bytes = randomBytes(1000);
    const { id } = await begin(bytes.length);
    for (const offset of [1, 500, 1000]) {
      await expect(append(id, offset, inPieces(bytes))).rejects.toMatchObject({ details: { reason: 'upload-offset' } });
    }
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow(): AsyncIterable<Uint8Array> {
      yield bytes.subarray(0, 10);
      await held;
    }
    const first = append(id, 0, slow());
    while ((await room.uploads.get(actor, projectId, id)).offsetBytes > 0) await new Promise(setImmediate);
    await expect(append(id, 0, inPieces(bytes))).rejects.toMatchObject({ details: { reason: 'upload-busy' } });
    release();
    expect(await first).toMatchObject({ offsetBytes: 10 });
    await append(id, 10, inPieces(bytes.subarray(10)));
    expect((await contentOf(id)).equals(bytes)).toBe(true);
    await expect(append(id, 1000, inPieces(bytes))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('takes no more than was said, and no more than the deployment takes', async () => {
    const { id } = await begin(10);
    await expect(append(id, 0, inPieces(Buffer.alloc(11)))).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(await room.uploads.get(actor, projectId, id)).toMatchObject({ offsetBytes: 0 });
    expect(bucket.objectIds()).toEqual([]);
    await expect(begin(room.uploads.mostBytes + 1)).rejects.toMatchObject({ details: { reason: 'upload-too-large' } });
  });

  it('are so many at most for one person, also of those begun at once', async () => {
    const begun = await Promise.allSettled(Array.from({ length: 103 }, () => begin(10)));
    expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    await expect(begin(10)).rejects.toMatchObject({ details: { reason: 'too-many-uploads' } });
    expect(await room.uploads.list(actor, projectId)).toHaveLength(100);
  });

  it('takes only whole segments and the end after very many small parts', async () => {
    const upload = await begin(SEGMENT + 20);
    await append(upload.id, 0, inPieces(Buffer.alloc(10)));
    const [record] = records.uploads;
    const [first] = record?.segments ?? [];
    // As many as two full ones and a thousand more allow, but without the time that they would take to seal.
    if (first !== undefined) record?.segments.push(...Array.from({ length: 1003 }, () => ({ ...first, sizeBytes: 0 })));
    const stored = bucket.objectIds();
    await expect(append(upload.id, 10, inPieces(Buffer.alloc(9)))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('parts of 16777216 bytes or more'),
      details: { reason: 'upload-parts-too-small' },
    });
    expect(bucket.objectIds()).toEqual(stored);
    expect(await append(upload.id, 10, inPieces(Buffer.alloc(SEGMENT)))).toMatchObject({ offsetBytes: SEGMENT + 10 });
    expect(await append(upload.id, SEGMENT + 10, inPieces(Buffer.alloc(10)))).toMatchObject({
      offsetBytes: SEGMENT + 20,
    });
  });

  it('is nobody else’s, and asks who may', async () => {
    const { id } = await begin(10);
    const colleague: Actor = { ...actor, userId: newId() };
    for (const [who, uploadId] of [
      [colleague, id],
      [actor, newId()],
      [actor, '../x'],
    ] as const) {
      const words = { code: 'not-found', message: `There is no upload "${uploadId}" here.` };
      await expect(room.uploads.get(who, projectId, uploadId)).rejects.toMatchObject(words);
      await expect(append(uploadId, 0, inPieces(Buffer.alloc(10)), who)).rejects.toMatchObject(words);
      await expect(room.uploads.cancel(who, projectId, uploadId)).rejects.toMatchObject(words);
    }
    expect(await room.uploads.list(colleague, projectId)).toEqual([]);
    denied = true;
    const refused = { code: 'permission-denied' };
    await expect(begin(1)).rejects.toMatchObject(refused);
    await expect(room.uploads.list(actor, projectId)).rejects.toMatchObject(refused);
    await expect(room.uploads.get(actor, projectId, id)).rejects.toMatchObject(refused);
    await expect(append(id, 0, inPieces(Buffer.alloc(10)))).rejects.toMatchObject(refused);
    await expect(room.uploads.cancel(actor, projectId, id)).rejects.toMatchObject(refused);
    denied = false;
    expect(await room.uploads.get(actor, projectId, id)).toMatchObject({ offsetBytes: 0 });
  });

  it('makes no asset that cannot be recorded, and can be finished later', async () => {
    const bytes = randomBytes(1000);
    const { id } = await begin(bytes.length);
    await append(id, 0, inPieces(bytes.subarray(0, 100)));
    const lost = new AppError('unavailable', 'The database cannot be reached.');
    const change = audit.change;
    Object.assign(audit, {
      change: async () => {
        throw lost;
      },
    });
    await expect(append(id, 100, inPieces(bytes.subarray(100)))).rejects.toBe(lost);
    expect(bucket.objectIds()).toHaveLength(1);
    expect(await room.uploads.get(actor, projectId, id)).toMatchObject({ offsetBytes: 100 });
    Object.assign(audit, { change });
    await append(id, 100, inPieces(bytes.subarray(100)));
    expect((await contentOf(id)).equals(bytes)).toBe(true);
  });

  it('can be given up, and leaves nothing', async () => {
    const { id } = await begin(1000);
    await append(id, 0, inPieces(Buffer.alloc(10)));
    const [storedId = ''] = bucket.objectIds();
    const sealed = bucket.bytesOf(scope, storedId);
    const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
    const receipt = decodeJwt(await room.uploads.cancel(actor, projectId, id));
    const what = { type: 'upload', id };
    const sealedSha256 = sha256Of(sha256Of(sealed)).toString('hex');
    const sums = { sealedObjects: 1, sealedSizeBytes: sealed.length, sealedSha256 };
    expect(receipt).toMatchObject({ what, projectId, ...sums });
    expect(audit.events.at(-1)).toEqual({
      ...{ action: 'upload.cancel', target: what, projectId, details: { sealedSha256 } },
      actor,
    });
    expect(bucket.objectIds()).toEqual([]);
    await expect(append(id, 10, inPieces(Buffer.alloc(10)))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('leaves nothing of a part that comes while it is given up', async () => {
    const { id } = await begin(1000);
    async function* slow(): AsyncIterable<Uint8Array> {
      yield Buffer.alloc(10);
      await room.uploads.cancel(actor, projectId, id);
    }
    await expect(append(id, 0, slow())).rejects.toMatchObject({ details: { reason: 'upload-offset' } });
    expect(bucket.objectIds()).toEqual([]);
  });

  it('is left alone by the sweep until a week has passed without a byte', async () => {
    const bytes = randomBytes(1000);
    const { id } = await begin(bytes.length);
    await append(id, 0, inPieces(bytes.subarray(0, 400)));
    clock.advance(6 * DAY_MS);
    expect(await room.service.sweepOrphans()).toMatchObject({ objects: 0 });
    await append(id, 400, inPieces(bytes.subarray(400, 500)));
    clock.advance(6 * DAY_MS);
    expect(await room.service.sweepOrphans()).toMatchObject({ objects: 0 });
    expect(await room.uploads.get(actor, projectId, id)).toMatchObject({ offsetBytes: 500 });
    clock.advance(2 * DAY_MS);
    expect(await room.service.sweepOrphans()).toMatchObject({ objects: 2 });
    expect(audit.events.at(-1)).toEqual({
      ...{ action: 'upload.expire', target: { type: 'upload', id }, projectId },
      details: { sealedSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      actor: { accountId, userId: '', via: 'server' },
    });
    const recorded = audit.events.length;
    await room.service.sweepOrphans();
    expect(audit.events).toHaveLength(recorded);
    await expect(room.uploads.get(actor, projectId, id)).rejects.toMatchObject({ code: 'not-found' });
    expect(bucket.objectIds()).toEqual([]);
  });

  it('stores only sealed bytes, each of them under the upload’s own key', async () => {
    const text = 'a recognisable sentence. '.repeat(1000);
    const { id } = await begin(text.length);
    await append(id, 0, inPieces(Buffer.from(text)));
    for (const storedId of bucket.objectIds()) {
      expect(Buffer.from(bucket.bytesOf(scope, storedId)).includes('recognisable')).toBe(false);
    }
    expect((await contentOf(id)).toString()).toBe(text);
  });
});
