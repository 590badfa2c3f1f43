import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, Confidential, newId, silentLogger } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import type { Storage } from '../storage/index.ts';
import { createMemoryBucket, createStorageOver, type MemoryBucket } from '../storage/testing.ts';
import type { BucketObjectStore } from './bucket-object-store.ts';
import { type Assets, type AssetsOptions, createAssetsOver } from './create-assets.ts';
import { createMemoryAssetListStore } from './memory-asset-list-store.ts';
import { createMemoryAssetLockStore } from './memory-asset-lock-store.ts';
import { createMemoryAssetPartStore } from './memory-asset-part-store.ts';
import { MemoryAssetRecords } from './memory-asset-records.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';
import { createMemoryBucketObjectStore } from './memory-bucket-object-store.ts';
import { createMemorySealedDigestStore } from './memory-sealed-digest-store.ts';
import { createMemoryUploadStore } from './memory-upload-store.ts';
import type { RequestedPart } from './requested-part.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MEGABYTE = 1_000_000;
const accountId = newId();
const projectId = newId();
const scope = { accountId, projectId };
const actor: Actor = { accountId, userId: newId(), via: 'login-session' };

describe('the service of bucket objects', () => {
  let clock: ManualClock;
  let bucket: MemoryBucket;
  let storage: Storage;
  let records: MemoryAssetRecords;
  let objectStore: BucketObjectStore;
  let audit: RecordingAudit;
  let room: Assets;
  let denied: string | undefined;

  beforeEach(() => {
    clock = manualClock();
    bucket = createMemoryBucket({ clock });
    storage = createStorageOver(bucket, createMemoryKeys().service);
    records = new MemoryAssetRecords(undefined, clock);
    objectStore = createMemoryBucketObjectStore(records);
    audit = createRecordingAudit();
    denied = undefined;
    room = over({});
  });

  function over(changed: Partial<AssetsOptions> & { objectStore?: BucketObjectStore }): Assets {
    return createAssetsOver({
      store: createMemoryAssetStore({ records }),
      parts: createMemoryAssetPartStore(records),
      locks: createMemoryAssetLockStore(records),
      listAccountIds: async () => [],
      lists: createMemoryAssetListStore(records),
      objectStore,
      digests: createMemorySealedDigestStore(records),
      uploads: createMemoryUploadStore(records),
      storage,
      audit,
      clock,
      logger: silentLogger,
      maxObjectMegabytes: 1,
      maxUploadMegabytes: 1,
      authorize: async (_actor, { action }) => {
        if (action === denied) throw new AppError('permission-denied', 'no');
      },
      ...changed,
    });
  }

  const streamOf = (...pieces: Uint8Array[]) =>
    Confidential.of<AsyncIterable<Uint8Array>>(
      (async function* () {
        yield* pieces;
      })(),
    );
  const put = (text: string, objectId = newId(), assets = room) =>
    assets.bucketObjects.put(actor, projectId, objectId, streamOf(Buffer.from(text)));
  async function textOf(objectId: string, assets = room): Promise<string> {
    const pieces: Uint8Array[] = [];
    const { content } = await assets.bucketObjects.open(actor, projectId, objectId);
    for await (const piece of content.reveal('write-response')) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }
  const saveAsset = (text: string) =>
    room.service.create(actor, projectId, {
      type: 'note',
      name: 'n',
      description: '',
      content: Confidential.of<Uint8Array>(Buffer.from(text)),
    });
  const textOfAsset = async (id: string) =>
    Buffer.from((await room.service.open(actor, projectId, id)).content.reveal('seal')).toString();

  it('opens what was put, whatever its size, and stores only sealed bytes', async () => {
    const objectId = newId();
    const large = 'a secret '.repeat(50_000);
    const object = await put(large, objectId);
    expect(object).toMatchObject({ objectId, createdAt: clock.now() });
    expect(await textOf(objectId)).toBe(large);
    for (const storedAs of bucket.objectIds()) {
      const bytes = bucket.bytesOf(scope, storedAs);
      expect(bytes.length).toBe(object.sealedSizeBytes);
      expect(Buffer.from(bytes).includes('a secret')).toBe(false);
    }
    expect(await textOf((await put('')).objectId)).toBe('');
  });

  it('opens the part that was asked for, cut at the end, and records it', async () => {
    const { objectId } = await put('0123456789');
    const partOf = async (part: RequestedPart) => {
      const { content, range, sizeBytes } = await room.bucketObjects.open(actor, projectId, objectId, part);
      expect(sizeBytes).toBe(10);
      let text = '';
      for await (const piece of content.reveal('write-response')) text += Buffer.from(piece).toString();
      return { text, range };
    };
    expect(await partOf({ fromByte: 2, toByte: 4 })).toEqual({ text: '234', range: { start: 2, endExclusive: 5 } });
    expect(await partOf({ fromByte: 7 })).toEqual({ text: '789', range: { start: 7, endExclusive: 10 } });
    expect(await partOf({ fromByte: 9, toByte: 99 })).toEqual({ text: '9', range: { start: 9, endExclusive: 10 } });
    expect(await partOf({ lastBytes: 3 })).toEqual({ text: '789', range: { start: 7, endExclusive: 10 } });
    expect(await partOf({ lastBytes: 99 })).toEqual({ text: '0123456789', range: { start: 0, endExclusive: 10 } });
    expect(audit.events.filter(({ action }) => action === 'object.open')).toHaveLength(5);
    for (const part of [{ fromByte: 10 }, { lastBytes: 0 }, { fromByte: 11, toByte: 12 }]) {
      await expect(room.bucketObjects.open(actor, projectId, objectId, part)).rejects.toMatchObject({
        code: 'invalid-argument',
        details: { reason: 'range-not-satisfiable' },
      });
    }
    expect(audit.events.filter(({ action }) => action === 'object.open')).toHaveLength(5);
  });

  it('lists in pages, the newest first', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      clock.advance(1000);
      ids.unshift((await put('x')).objectId);
    }
    const first = await room.bucketObjects.list(actor, projectId, { limit: 3 });
    const cursor = first.nextCursor ?? expect.fail('there is no next page');
    const second = await room.bucketObjects.list(actor, projectId, { limit: 3, cursor });
    expect([...first.items, ...second.items].map(({ objectId }) => objectId)).toEqual(ids);
    expect(second).not.toHaveProperty('nextCursor');
    await expect(room.bucketObjects.list(actor, projectId, { limit: 0 })).rejects.toMatchObject({
      details: { fields: [{ field: 'limit' }] },
    });
  });

  it('tells what kind of storage the bucket is in, and how much it holds, to whoever may list it', async () => {
    const { sealedSizeBytes } = await put('by itself');
    await saveAsset('of an asset');
    expect(await room.bucketObjects.summarise(actor, projectId)).toMatchObject({
      kind: 'memory',
      assets: 1,
      byType: [
        { type: 'note', objects: 1 },
        { type: 'object', objects: 1, sealedBytes: sealedSizeBytes },
      ],
    });
    denied = 'list-objects';
    await expect(room.bucketObjects.summarise(actor, projectId)).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('puts new content under the same id, and leaves no bytes of the old', async () => {
    const { objectId } = await put('old');
    await put('new', objectId);
    expect(await textOf(objectId)).toBe('new');
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('changes the content of an asset through its object, and the asset can be opened and saved as before', async () => {
    const asset = await saveAsset('old');
    const [object] = (await room.bucketObjects.list(actor, projectId, {})).items;
    const objectId = object?.objectId ?? '';
    expect(object).toMatchObject({ assetId: asset.id });
    expect(await textOf(objectId)).toBe('old');
    clock.advance(1000);
    const { sealedSizeBytes } = await put('put by somebody else', objectId);
    expect(await textOfAsset(asset.id)).toBe('put by somebody else');
    expect(await room.service.get(actor, projectId, asset.id)).toMatchObject({
      sealedSizeBytes,
      updatedAt: clock.now(),
    });
    await room.service.change(actor, projectId, asset.id, { content: Confidential.of(Buffer.from('saved')) });
    expect(await textOfAsset(asset.id)).toBe('saved');
    await expect(textOf(objectId)).rejects.toMatchObject({ code: 'not-found' });
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('opens no asset in memory in whose place somebody put what does not fit there', async () => {
    const large = over({ maxObjectMegabytes: 100 });
    const asset = await saveAsset('old');
    const [object] = (await room.bucketObjects.list(actor, projectId, {})).items;
    const pieces = Array.from({ length: 65 }, () => Buffer.alloc(1024 * 1024));
    await large.bucketObjects.put(actor, projectId, object?.objectId ?? '', streamOf(...pieces));
    await expect(room.service.open(actor, projectId, asset.id)).rejects.toMatchObject({
      code: 'failed-precondition',
      details: { reason: 'content-too-large' },
    });
  });

  it('deletes row, then bytes, and the asset then says that its content is missing', async () => {
    const asset = await saveAsset('old');
    const [object] = (await room.bucketObjects.list(actor, projectId, {})).items;
    await room.bucketObjects.delete(actor, projectId, object?.objectId ?? '');
    expect(bucket.objectIds()).toEqual([]);
    await expect(room.service.open(actor, projectId, asset.id)).rejects.toMatchObject({
      code: 'failed-precondition',
      details: { reason: 'content-missing' },
    });
    expect(await room.service.get(actor, projectId, asset.id)).toMatchObject({ sealedSizeBytes: 0 });
    await expect(room.bucketObjects.delete(actor, projectId, object?.objectId ?? '')).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('asks who may, and says the same of an id that is unknown and of one that is none', async () => {
    const { objectId } = await put('x');
    denied = 'write-object';
    await expect(put('y', objectId)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(room.bucketObjects.delete(actor, projectId, objectId)).rejects.toMatchObject({
      code: 'permission-denied',
    });
    expect(await textOf(objectId)).toBe('x');
    denied = 'open-object';
    await expect(textOf(objectId)).rejects.toMatchObject({ code: 'permission-denied' });
    denied = undefined;
    for (const id of [newId(), 'x', '', '../x']) {
      const words = { code: 'not-found', message: `There is no object "${id}" here.` };
      await expect(textOf(id)).rejects.toMatchObject(words);
      await expect(room.bucketObjects.delete(actor, projectId, id)).rejects.toMatchObject(words);
    }
    await expect(put('x', 'not-an-id')).rejects.toMatchObject({ code: 'not-found' });
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('records every change and every opening, and nothing is opened or changed unrecorded', async () => {
    const { objectId } = await put('old');
    await textOf(objectId);
    const sealed = (await objectStore.find({ ...actor, projectId }, objectId))?.sealed;
    const sealedSha256 = Buffer.from(sealed?.sealedSha256 ?? []).toString('hex');
    const receipt = await room.bucketObjects.delete(actor, projectId, objectId);
    const event = { target: { type: 'object', id: objectId }, projectId, actor };
    expect(audit.events).toEqual([
      { action: 'object.put', ...event },
      { action: 'object.open', ...event },
      { action: 'object.delete', ...event, details: { sealedSha256 } },
    ]);
    const said: unknown = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString());
    expect(said).toMatchObject({ what: event.target, projectId, sealedSha256, by: { userId: actor.userId } });
    const kept = await put('kept');
    const lost = new AppError('unavailable', 'The database cannot be reached.');
    const refuse = async () => {
      throw lost;
    };
    const unrecorded = over({ audit: { record: refuse, change: refuse, purge: refuse } });
    await expect(textOf(kept.objectId, unrecorded)).rejects.toBe(lost);
    await expect(put('new', kept.objectId, unrecorded)).rejects.toBe(lost);
    await expect(put('new', newId(), unrecorded)).rejects.toBe(lost);
    await expect(unrecorded.bucketObjects.delete(actor, projectId, kept.objectId)).rejects.toBe(lost);
    expect(await textOf(kept.objectId)).toBe('kept');
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('refuses what is too large or stops coming, and keeps what was there', async () => {
    const { objectId } = await put('old');
    const half = Buffer.alloc(MEGABYTE / 2 + 1);
    const large = room.bucketObjects.put(actor, projectId, objectId, streamOf(half, half));
    await expect(large).rejects.toMatchObject({ code: 'invalid-argument', details: { reason: 'object-too-large' } });
    async function* breaking() {
      yield half;
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    }
    const broken = room.bucketObjects.put(actor, projectId, objectId, Confidential.of(breaking()));
    await expect(broken).rejects.toMatchObject({ code: 'cancelled' });
    expect(await textOf(objectId)).toBe('old');
    expect(bucket.objectIds()).toHaveLength(1);
    await room.bucketObjects.put(actor, projectId, objectId, streamOf(half.subarray(1), half.subarray(1)));
    expect(await textOf(objectId)).toHaveLength(MEGABYTE);
  });

  it('says so when the bytes are missing or damaged, before it gives anything out', async () => {
    const [gone, damaged] = [await put('1'), await put('2')];
    const storedAs = async (objectId: string) =>
      (await objectStore.find({ ...scope, userId: actor.userId }, objectId))?.sealed.segments[0]?.segmentId ?? '';
    await bucket.delete(scope, await storedAs(gone.objectId));
    bucket.overwrite(scope, await storedAs(damaged.objectId), Buffer.from('other bytes'));
    const refused = { code: 'failed-precondition' };
    await expect(room.bucketObjects.open(actor, projectId, gone.objectId)).rejects.toMatchObject({
      ...refused,
      details: { reason: 'content-missing' },
    });
    await expect(room.bucketObjects.open(actor, projectId, damaged.objectId)).rejects.toMatchObject({
      ...refused,
      details: { reason: 'sealed-data-not-readable' },
    });
    expect(audit.events.filter(({ action }) => action === 'object.open')).toEqual([]);
  });

  it('opens the old or the new content while somebody puts, never an error', async () => {
    const { objectId } = await put('text 0');
    const putting = (async () => {
      for (let turn = 1; turn <= 30; turn += 1) await put(`text ${turn}`, objectId);
    })();
    for (let turn = 0; turn < 60; turn += 1) expect(await textOf(objectId)).toMatch(/^text \d+$/);
    await putting;
  });

  it('takes nothing in the place of an asset’s object that is not there any more when the bytes have come', async () => {
    const asset = await saveAsset('old');
    const [object] = (await room.bucketObjects.list(actor, projectId, {})).items;
    async function* slow() {
      yield Buffer.from('late');
      await room.service.change(actor, projectId, asset.id, { content: Confidential.of(Buffer.from('saved')) });
    }
    const late = room.bucketObjects.put(actor, projectId, object?.objectId ?? '', Confidential.of(slow()));
    await expect(late).rejects.toMatchObject({ code: 'not-found' });
    expect(await textOfAsset(asset.id)).toBe('saved');
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('are left alone by the sweep, however old, and while they are being put', async () => {
    const { objectId } = await put('kept');
    const swept: unknown[] = [];
    async function* slow() {
      yield Buffer.from('slow');
      clock.advance(DAY_MS / 3);
      swept.push(await room.service.sweepOrphans());
    }
    const other = newId();
    await room.bucketObjects.put(actor, projectId, other, Confidential.of(slow()));
    bucket.overwrite(scope, newId(), Buffer.from('an orphan'));
    clock.advance(3 * DAY_MS);
    swept.push(await room.service.sweepOrphans());
    expect(swept).toMatchObject([{ objects: 0 }, { objects: 1 }]);
    expect([await textOf(objectId), await textOf(other)]).toEqual(['kept', 'slow']);
  });

  it('refuses what took so long that another server may have swept its first part, and keeps nothing of it', async () => {
    async function* endless() {
      yield Buffer.from('slow');
      clock.advance(DAY_MS);
    }
    const slow = room.bucketObjects.put(actor, projectId, newId(), Confidential.of(endless()));
    await expect(slow).rejects.toMatchObject({ code: 'cancelled' });
    expect(bucket.objectIds()).toEqual([]);
  });
});
