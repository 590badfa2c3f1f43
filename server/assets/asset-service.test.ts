import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import {
  type Actor,
  AppError,
  type AuthorizationRequest,
  type Clock,
  Confidential,
  type Logger,
  newId,
  notFound,
  silentLogger,
} from '../core/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import type { Storage } from '../storage/index.ts';
import { createMemoryBucket, createStorageOver, type MemoryBucket } from '../storage/testing.ts';
import type { AssetService } from './asset-service.ts';
import type { AssetStore } from './asset-store.ts';
import { createAssetsOver } from './create-assets.ts';
import { createMemoryAssetListStore } from './memory-asset-list-store.ts';
import { createMemoryAssetLockStore } from './memory-asset-lock-store.ts';
import { createMemoryAssetPartStore } from './memory-asset-part-store.ts';
import { MemoryAssetRecords } from './memory-asset-records.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';
import { createMemoryBucketObjectStore } from './memory-bucket-object-store.ts';
import { createMemorySealedDigestStore } from './memory-sealed-digest-store.ts';
import { createMemoryUploadStore } from './memory-upload-store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const projectId = newId();
const accountId = newId();
const actor: Actor = { userId: newId(), accountId, via: 'login-session' };
const viewer: Actor = { userId: newId(), accountId, via: 'login-session' };
const stranger: Actor = { userId: newId(), accountId: newId(), via: 'api-key' };
const scope = { accountId, projectId };

/** Editors do everything in the one project, viewers see its list, and nobody knows of other projects. */
async function authorize(who: Actor, request: AuthorizationRequest): Promise<void> {
  if (!('projectId' in request) || request.projectId !== projectId || who === stranger) {
    throw notFound('project', 'projectId' in request ? request.projectId : '');
  }
  if (who === viewer && request.action !== 'list-assets') {
    throw new AppError('permission-denied', 'Only an Admin or Editor may do this.');
  }
}

const content = (text: string) => Confidential.of<Uint8Array>(Buffer.from(text));
const textOf = (opened: { content: Confidential<Uint8Array> }) => Buffer.from(opened.content.reveal('seal')).toString();

describe('the asset service', () => {
  let nowMs: number;
  let clock: Clock;
  let bucket: MemoryBucket;
  let storage: Storage;
  let store: AssetStore;
  let assets: AssetService;
  let logged: string[];
  let audit: RecordingAudit;
  let records: MemoryAssetRecords;

  beforeEach(() => {
    nowMs = Date.UTC(2026, 10, 24, 12);
    clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
    bucket = createMemoryBucket({ clock });
    storage = createStorageOver(bucket, createMemoryKeys().service);
    records = new MemoryAssetRecords(undefined, clock);
    store = createMemoryAssetStore({ records, nameOfUser: () => 'Ada' });
    audit = createRecordingAudit();
    logged = [];
    assets = over({});
  });

  function over(changed: { store?: AssetStore; storage?: Storage; audit?: RecordingAudit }): AssetService {
    const logger: Logger = { ...silentLogger, warn: (message: string) => logged.push(message) };
    const objectStore = createMemoryBucketObjectStore(records);
    const ports = { authorize, audit, clock, logger, maxObjectMegabytes: 1, maxUploadMegabytes: 1 };
    const digests = createMemorySealedDigestStore(records);
    const lists = createMemoryAssetListStore(records, () => 'Ada');
    const uploads = createMemoryUploadStore(records);
    const [parts, locks] = [createMemoryAssetPartStore(records), createMemoryAssetLockStore(records)];
    const stores = { store, parts, locks, lists, objectStore, digests, uploads, listAccountIds: async () => [] };
    return createAssetsOver({ ...stores, storage, ...ports, ...changed }).service;
  }

  const save = (text = 'text', name = 'name') =>
    assets.create(actor, projectId, { type: 'note', name, description: '', content: content(text) });
  const objectIdOf = async (assetId: string) =>
    (await store.findWithObject({ ...scope, userId: actor.userId, assetId }))?.object?.segments[0]?.segmentId ??
    expect.fail('no object');

  it('opens what was saved, and shows its metadata', async () => {
    const saved = await save('a secret', 'mine');
    expect(saved).toMatchObject({ name: 'mine', type: 'note', projectId, createdBy: 'Ada', createdAt: clock.now() });
    expect(saved.sealedSizeBytes).toBe(bucket.bytesOf(scope, await objectIdOf(saved.id)).length);
    const opened = await assets.open(actor, projectId, saved.id);
    expect(opened.asset).toEqual(saved);
    expect(textOf(opened)).toBe('a secret');
    expect(await assets.get(actor, projectId, saved.id)).toEqual(saved);
    expect(JSON.stringify(opened)).not.toContain('a secret');
  });

  it('opens content as a stream, and parts of it', async () => {
    const saved = await save('a secret');
    const textOfPart = async (part?: { fromByte: number }) => {
      const { asset, opened } = await assets.openStream(actor, projectId, saved.id, part);
      expect(asset).toEqual(saved);
      let text = '';
      for await (const piece of opened.content.reveal('write-response')) text += Buffer.from(piece).toString();
      return text;
    };
    expect(await textOfPart()).toBe('a secret');
    expect(await textOfPart({ fromByte: 2 })).toBe('secret');
    expect(audit.events.map(({ action }) => action)).toEqual(['asset.create', 'asset.open', 'asset.open']);
    await expect(assets.openStream(viewer, projectId, saved.id)).rejects.toMatchObject({ code: 'permission-denied' });
    await bucket.delete(scope, await objectIdOf(saved.id));
    await expect(assets.openStream(actor, projectId, saved.id)).rejects.toMatchObject({
      details: { reason: 'content-missing' },
    });
  });

  it('records every change and every opening, without a word of what it is about', async () => {
    const { id } = await save('a secret', 'a name');
    await assets.get(actor, projectId, id);
    await assets.list(actor, projectId, { type: 'note' });
    await assets.open(actor, projectId, id);
    await assets.change(actor, projectId, id, { name: 'another name', content: content('another secret') });
    const object = (await store.findWithObject({ ...scope, userId: actor.userId, assetId: id }))?.object;
    const receipt = await assets.delete(actor, projectId, id);
    const sealedSha256 = Buffer.from(object?.sealedSha256 ?? []).toString('hex');
    const event = { target: { type: 'asset', id }, projectId, actor };
    expect(audit.events).toEqual([
      { action: 'asset.create', ...event },
      { action: 'asset.open', ...event },
      { action: 'asset.change', ...event, details: { fields: ['name', 'content'] } },
      { action: 'asset.delete', ...event, details: { sealedSha256 } },
    ]);
    const said = Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(said)).toMatchObject({ what: { type: 'asset', id }, sealedSha256, sealedObjects: 1 });
    expect(said).not.toContain('name');
    await expect(assets.open(actor, projectId, id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(assets.change(actor, projectId, id, { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(assets.delete(actor, projectId, id)).rejects.toMatchObject({ code: 'not-found' });
    expect(audit.events).toHaveLength(4);
  });

  it('opens and changes nothing that cannot be recorded', async () => {
    const saved = await save('old');
    const lost = new AppError('unavailable', 'The database cannot be reached.');
    const refuse = async () => {
      throw lost;
    };
    const unrecorded = over({ audit: { ...audit, record: refuse, change: refuse, purge: refuse } });
    const asset = { type: 'note', name: 'x', description: '', content: content('x') };
    await expect(unrecorded.open(actor, projectId, saved.id)).rejects.toBe(lost);
    await expect(unrecorded.create(actor, projectId, asset)).rejects.toBe(lost);
    await expect(unrecorded.change(actor, projectId, saved.id, { content: content('new') })).rejects.toBe(lost);
    await expect(unrecorded.delete(actor, projectId, saved.id)).rejects.toBe(lost);
    expect(textOf(await assets.open(actor, projectId, saved.id))).toBe('old');
    expect(bucket.objectIds()).toEqual([await objectIdOf(saved.id)]);
  });

  it('stores only sealed bytes', async () => {
    const saved = await save('a secret');
    expect(Buffer.from(bucket.bytesOf(scope, await objectIdOf(saved.id))).includes('a secret')).toBe(false);
  });

  it('lets a viewer see the list and nothing else', async () => {
    const saved = await save();
    expect((await assets.list(viewer, projectId, { type: 'note' })).items).toEqual([saved]);
    expect(await assets.get(viewer, projectId, saved.id)).toEqual(saved);
    const refused = { code: 'permission-denied' };
    await expect(assets.open(viewer, projectId, saved.id)).rejects.toMatchObject(refused);
    await expect(assets.change(viewer, projectId, saved.id, { name: 'x' })).rejects.toMatchObject(refused);
    await expect(assets.delete(viewer, projectId, saved.id)).rejects.toMatchObject(refused);
    const asset = { type: 'note', name: 'x', description: '', content: content('x') };
    await expect(assets.create(viewer, projectId, asset)).rejects.toMatchObject(refused);
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('does not tell a stranger or another project that there is anything', async () => {
    const saved = await save();
    for (const [who, project] of [
      [stranger, projectId],
      [actor, newId()],
      [actor, '../x'],
    ] as const) {
      const asset = { type: 'note', name: 'x', description: '', content: content('x') };
      const attempts = [
        assets.create(who, project, asset),
        assets.list(who, project, { type: 'note' }),
        assets.get(who, project, saved.id),
        assets.open(who, project, saved.id),
        assets.change(who, project, saved.id, { content: content('x') }),
        assets.delete(who, project, saved.id),
      ];
      for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'not-found' });
    }
    expect(bucket.objectIds()).toHaveLength(1);
  });

  it('says the same of an id that is unknown and of one that is none', async () => {
    for (const id of [newId(), 'x', '', "'; --"]) {
      const words = { code: 'not-found', message: `There is no asset "${id}" here.` };
      await expect(assets.get(actor, projectId, id)).rejects.toMatchObject(words);
      await expect(assets.open(actor, projectId, id)).rejects.toMatchObject(words);
      await expect(assets.change(actor, projectId, id, { name: 'x' })).rejects.toMatchObject(words);
      await expect(assets.change(actor, projectId, id, { content: content('x') })).rejects.toMatchObject(words);
      await expect(assets.delete(actor, projectId, id)).rejects.toMatchObject(words);
    }
    expect(bucket.objectIds()).toEqual([]);
  });

  it('changes names without touching the content, and content as a whole', async () => {
    const saved = await save('one');
    const objectId = await objectIdOf(saved.id);
    nowMs += 1000;
    const renamed = await assets.change(actor, projectId, saved.id, { name: 'new' });
    expect(renamed).toMatchObject({ name: 'new', description: '', updatedAt: clock.now(), createdAt: saved.createdAt });
    expect(bucket.objectIds()).toEqual([objectId]);
    await assets.change(actor, projectId, saved.id, { content: content('two') });
    expect(textOf(await assets.open(actor, projectId, saved.id))).toBe('two');
    expect(bucket.objectIds()).toEqual([await objectIdOf(saved.id)]);
    expect(bucket.objectIds()).not.toEqual([objectId]);
  });

  it('keeps the last of many saves at once, and nothing of the others', async () => {
    const saved = await save('first');
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index}`);
    await Promise.all(texts.map((text) => assets.change(actor, projectId, saved.id, { content: content(text) })));
    expect(texts).toContain(textOf(await assets.open(actor, projectId, saved.id)));
    expect(bucket.objectIds()).toEqual([await objectIdOf(saved.id)]);
  });

  it('opens the old or the new content while somebody saves, never an error', async () => {
    const saved = await save('text 0');
    const saving = (async () => {
      for (let turn = 1; turn <= 30; turn += 1) {
        await assets.change(actor, projectId, saved.id, { content: content(`text ${turn}`) });
      }
    })();
    for (let turn = 0; turn < 60; turn += 1) {
      expect(textOf(await assets.open(actor, projectId, saved.id))).toMatch(/^text \d+$/);
    }
    await saving;
  });

  it('opens the new content when somebody saved between the look at the row and the look at the bytes', async () => {
    const saved = await save('old');
    let saves = 0;
    const get: Storage['sealedBucket']['get'] = async (place, object) => {
      if (saves < 2) {
        saves += 1;
        await assets.change(actor, projectId, saved.id, { content: content(`new ${saves}`) });
      }
      return storage.sealedBucket.get(place, object);
    };
    const slow = over({ storage: { ...storage, sealedBucket: { ...storage.sealedBucket, get } } });
    expect(textOf(await slow.open(actor, projectId, saved.id))).toBe('new 2');
  });

  it('says that an asset is not there when somebody deleted it while it was opened', async () => {
    const saved = await save('old');
    const get: Storage['sealedBucket']['get'] = async (place, object) => {
      await assets.delete(actor, projectId, saved.id);
      return storage.sealedBucket.get(place, object);
    };
    const slow = over({ storage: { ...storage, sealedBucket: { ...storage.sealedBucket, get } } });
    await expect(slow.open(actor, projectId, saved.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('deletes the row first and then the bytes, and stays deleted when the bytes cannot be', async () => {
    const saved = await save();
    const failing: Storage = {
      ...storage,
      sealedBucket: {
        ...storage.sealedBucket,
        delete: async (place, storedIds) => {
          expect(await store.referenced(place, storedIds)).toEqual(new Set());
          throw new AppError('unavailable', 'The storage does not answer.');
        },
      },
    };
    await over({ storage: failing }).delete(actor, projectId, saved.id);
    await expect(assets.get(actor, projectId, saved.id)).rejects.toMatchObject({ code: 'not-found' });
    expect(logged).toEqual([expect.stringContaining('could not be deleted')]);
    nowMs += 2 * DAY_MS;
    expect(await assets.sweepOrphans()).toMatchObject({ objects: 1 });
    expect(bucket.objectIds()).toEqual([]);
  });

  it('keeps nothing of a save that the database or the bucket refused', async () => {
    const saved = await save('old');
    const refusal = new AppError('unavailable', 'The database cannot be reached.');
    const refuse = async () => {
      throw refusal;
    };
    const broken = over({ store: { ...store, insert: refuse, update: refuse } });
    const asset = { type: 'note', name: 'x', description: '', content: content('x') };
    await expect(broken.create(actor, projectId, asset)).rejects.toBe(refusal);
    await expect(broken.change(actor, projectId, saved.id, { content: content('x') })).rejects.toBe(refusal);
    expect(bucket.objectIds()).toEqual([await objectIdOf(saved.id)]);
    const full = over({ storage: { ...storage, sealedBucket: { ...storage.sealedBucket, put: refuse } } });
    await expect(full.create(actor, projectId, asset)).rejects.toBe(refusal);
    expect((await assets.list(actor, projectId, { type: 'note' })).items).toHaveLength(1);
    expect(textOf(await assets.open(actor, projectId, saved.id))).toBe('old');
  });

  it('does not take the bytes from a row that was written although its commit seemed to fail', async () => {
    const lost = new AppError('unavailable', 'The connection broke.');
    const doubtful: AssetStore = {
      ...store,
      insert: async (...call) => {
        await store.insert(...call);
        throw lost;
      },
    };
    const asset = { type: 'note', name: 'x', description: '', content: content('kept') };
    await expect(over({ store: doubtful }).create(actor, projectId, asset)).rejects.toBe(lost);
    const [listed] = (await assets.list(actor, projectId, { type: 'note' })).items;
    expect(textOf(await assets.open(actor, projectId, listed?.id ?? ''))).toBe('kept');
  });

  it('says so when the content is missing or damaged, and everything else goes on', async () => {
    const [gone, damaged, whole] = [await save('1'), await save('2'), await save('3')];
    await bucket.delete(scope, await objectIdOf(gone.id));
    const objectId = await objectIdOf(damaged.id);
    bucket.overwrite(scope, objectId, bucket.bytesOf(scope, objectId).subarray(0, 400));
    await expect(assets.open(actor, projectId, gone.id)).rejects.toMatchObject({
      code: 'failed-precondition',
      details: { reason: 'content-missing' },
    });
    await expect(assets.open(actor, projectId, damaged.id)).rejects.toMatchObject({
      code: 'failed-precondition',
      details: { reason: 'sealed-data-not-readable' },
    });
    expect(textOf(await assets.open(actor, projectId, whole.id))).toBe('3');
    expect((await assets.list(actor, projectId, { type: 'note' })).items).toHaveLength(3);
    await assets.change(actor, projectId, gone.id, { content: content('again') });
    expect(textOf(await assets.open(actor, projectId, gone.id))).toBe('again');
    await assets.delete(actor, projectId, damaged.id);
  });

  it('pages through everything once, newest change first, while others save and delete', async () => {
    const names: string[] = [];
    for (let index = 0; index < 25; index += 1) {
      nowMs += index % 3 === 0 ? 1 : 0;
      names.push((await save('x', `name ${index}`)).name);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await assets.list(actor, projectId, { type: 'note', limit: 4, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
      nowMs += 1000;
      const newcomer = await save('x', 'newcomer');
      if (seen.length % 8 === 0) await assets.delete(actor, projectId, newcomer.id);
    } while (cursor !== undefined);
    expect([...seen].sort()).toEqual([...names].sort());
  });

  it('refuses a page size and a cursor that it did not give', async () => {
    for (const limit of [0, -1, 201, 1.5, Number.NaN]) {
      await expect(assets.list(actor, projectId, { type: 'note', limit })).rejects.toMatchObject({
        details: { fields: [{ field: 'limit' }] },
      });
    }
    for (const cursor of ['', 'x', 'AAAA', Buffer.from('2026 x').toString('base64url')]) {
      await expect(assets.list(actor, projectId, { type: 'note', cursor })).rejects.toMatchObject({
        details: { fields: [{ field: 'cursor' }] },
      });
    }
  });

  it('sweeps old objects that belong to nothing, and only those', async () => {
    const saved = await save('kept');
    const orphan = newId();
    const foreignOrphan = { accountId: newId(), projectId: newId() };
    bucket.overwrite(scope, orphan, Buffer.from('x'));
    bucket.overwrite(foreignOrphan, newId(), Buffer.from('x'));
    expect(await assets.sweepOrphans()).toEqual({ objects: 0, temporaryFiles: 0 });
    nowMs += DAY_MS + 1;
    const young = newId();
    bucket.overwrite(scope, young, Buffer.from('x'));
    expect(await assets.sweepOrphans()).toEqual({ objects: 2, temporaryFiles: 0 });
    expect([...bucket.objectIds()].sort()).toEqual([await objectIdOf(saved.id), young].sort());
    expect(textOf(await assets.open(actor, projectId, saved.id))).toBe('kept');
  });

  it('never sweeps an object that is being saved, however long that takes', async () => {
    const swept: unknown[] = [];
    const slow: AssetStore = {
      ...store,
      insert: async (...call) => {
        // The bytes are in the bucket, the row is not there yet, and days go by.
        nowMs += 3 * DAY_MS;
        swept.push(await service.sweepOrphans());
        return store.insert(...call);
      },
    };
    const service = over({ store: slow });
    const asset = { type: 'note', name: 'x', description: '', content: content('kept') };
    const saved = await service.create(actor, projectId, asset);
    expect(swept).toEqual([{ objects: 0, temporaryFiles: 0 }]);
    expect(textOf(await service.open(actor, projectId, saved.id))).toBe('kept');
  });

  it('never sweeps an object whose row comes while the sweep is running', async () => {
    const racing: AssetStore = {
      ...store,
      referenced: async (...call) => {
        const before = await store.referenced(...call);
        await finish();
        return before;
      },
    };
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = {
      ...racing,
      insert: async (...call: Parameters<AssetStore['insert']>) => held.then(() => store.insert(...call)),
    };
    const service = over({ store: slow });
    const asset = { type: 'note', name: 'x', description: '', content: content('kept') };
    const saving = service.create(actor, projectId, asset);
    const finish = async () => {
      release();
      await saving;
    };
    while (bucket.objectIds().length === 0) await new Promise((resolve) => setImmediate(resolve));
    bucket.overwrite(scope, newId(), Buffer.from('an orphan beside it'));
    nowMs += 3 * DAY_MS;
    expect(await service.sweepOrphans()).toMatchObject({ objects: 1 });
    expect(textOf(await service.open(actor, projectId, (await saving).id))).toBe('kept');
  });

  it('goes on with the other buckets when one cannot be swept', async () => {
    const [one, two] = [newId(), newId()];
    const other = { accountId: newId(), projectId: newId() };
    bucket.overwrite(scope, one, Buffer.from('x'));
    bucket.overwrite(other, two, Buffer.from('x'));
    nowMs += 2 * DAY_MS;
    const failing: AssetStore = {
      ...store,
      referenced: async (place, ids) => {
        if (place.projectId === projectId) throw new AppError('unavailable', 'The database cannot be reached.');
        return store.referenced(place, ids);
      },
    };
    expect(await over({ store: failing }).sweepOrphans()).toMatchObject({ objects: 1 });
    expect(bucket.objectIds()).toEqual([one]);
    expect(logged).toEqual([expect.stringContaining('could not be swept')]);
  });

  it('takes the empty bucket of a project that is gone', async () => {
    await bucket.ensure(scope);
    await assets.sweepOrphans();
    const gone = over({ store: { ...store, hasProject: async () => false } });
    for await (const found of bucket.listBuckets()) expect(found).toEqual(scope);
    await gone.sweepOrphans();
    for await (const _ of bucket.listBuckets()) expect.fail('it is still there');
  });
});
