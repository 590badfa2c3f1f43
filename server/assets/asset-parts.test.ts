import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import {
  type Actor,
  AppError,
  type AuthorizationRequest,
  type Clock,
  Confidential,
  newId,
  notFound,
  silentLogger,
} from '../core/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryBucket, createStorageOver, type MemoryBucket } from '../storage/testing.ts';
import type { Asset } from './asset-store.ts';
import type { Assets } from './create-assets.ts';
import { createMemoryAssetsRoom } from './testing.ts';

const SECOND_MS = 1000;
const projectId = newId();
const accountId = newId();
const actor: Actor = { userId: newId(), accountId, via: 'login-session' };
const colleague: Actor = { userId: newId(), accountId, via: 'login-session' };
const viewer: Actor = { userId: newId(), accountId, via: 'login-session' };
const scope = { accountId, projectId };
const session = { type: 'session', kind: 'entry' } as const;

async function authorize(who: Actor, request: AuthorizationRequest): Promise<void> {
  if (!('projectId' in request) || request.projectId !== projectId) throw notFound('project', projectId);
  if (who === viewer && request.action !== 'list-assets') throw new AppError('permission-denied', 'Not you.');
}

const content = (text: string) => Confidential.of<Uint8Array>(Buffer.from(text));
const textOf = (opened: Confidential<Uint8Array> | undefined) =>
  opened && Buffer.from(opened.reveal('seal')).toString();

describe('parts of assets', () => {
  let nowMs: number;
  let clock: Clock;
  let bucket: MemoryBucket;
  let audit: RecordingAudit;
  let assets: Assets;
  let asset: Asset;

  beforeEach(async () => {
    nowMs = Date.UTC(2026, 10, 24, 12);
    clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
    bucket = createMemoryBucket({ clock });
    audit = createRecordingAudit();
    const storage = createStorageOver(bucket, createMemoryKeys().service);
    assets = createMemoryAssetsRoom({
      authorize,
      storage,
      clock,
      logger: silentLogger,
      audit,
      nameOfUser: () => 'Ada',
    });
    asset = await create();
  });

  const inSeconds = (seconds: number) => new Date(nowMs + seconds * SECOND_MS);
  const create = (expiresAt?: Date) =>
    assets.service.create(actor, projectId, {
      ...{ type: 'session', name: 'n', description: '', content: content('about it') },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  const add = (text: string, more: { id?: string; mostKept?: number; expiresAt?: Date } = {}, to = asset) =>
    assets.parts.add(actor, projectId, to.id, { ...session, content: content(text), mostKept: 500, ...more });
  const open = async (numbers: readonly number[], who = actor) => {
    const opened = await assets.parts.open(who, projectId, asset.id, { ...session, numbers });
    return opened.map((one) => textOf(one.content));
  };
  const objectsInBucket = () => bucket.objectIds().length;
  const eventsSince = (before: number) =>
    audit.events.slice(before).map(({ action, details }) => ({ action, ...details }));

  it('are sealed, and opened many at a time under one event', async () => {
    const before = audit.events.length;
    for (const text of ['one', 'two', 'three']) await add(text);
    expect(await open([1, 3, 9])).toEqual(['three', 'one']);
    expect(await open([])).toEqual([]);
    expect(eventsSince(before)).toEqual([
      { action: 'asset-part.add', partNumbers: [1] },
      { action: 'asset-part.add', partNumbers: [2] },
      { action: 'asset-part.add', partNumbers: [3] },
      { action: 'asset-part.open', partNumbers: [3, 1] },
    ]);
    for (const objectId of bucket.objectIds())
      expect(Buffer.from(bucket.bytesOf(scope, objectId)).includes('three')).toBe(false);
    const tooMany = open(Array.from({ length: 51 }, (_, index) => index));
    await expect(tooMany).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('are listed in pages', async () => {
    for (const text of ['one', 'two', 'three']) await add(text);
    const list = (cursor?: string) =>
      assets.parts.list(viewer, projectId, asset.id, {
        ...session,
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
    const first = await list();
    expect(first.items.map(({ number }) => number)).toEqual([3, 2]);
    const second = await list(first.nextCursor);
    expect(second).toMatchObject({ items: [{ number: 1, createdBy: 'Ada' }] });
    expect(second.nextCursor).toBeUndefined();
    await expect(list('x')).rejects.toMatchObject({ code: 'invalid-argument' });
    const counts = await assets.parts.count(viewer, projectId, [asset.id, 'no id'], 'entry');
    expect([...counts.values()]).toEqual([3, 0]);
  });

  it('are added once, however often an answer is lost', async () => {
    const id = newId();
    const first = await add('one', { id });
    const [events, bytes] = [audit.events.length, objectsInBucket()];
    expect(await add('one', { id })).toEqual(first);
    expect([audit.events.length, objectsInBucket()]).toEqual([events, bytes]);
  });

  it('go from the oldest, with their bytes, and the event says so', async () => {
    for (const text of ['one', 'two', 'three']) await add(text, { mostKept: 2 });
    expect(await open([1, 2, 3])).toEqual(['three', 'two']);
    expect(objectsInBucket()).toBe(3);
    const event = audit.events.find(({ details }) => details?.destroyedPartNumbers !== undefined);
    expect(event).toMatchObject({ action: 'asset-part.add', details: { partNumbers: [3], destroyedPartNumbers: [1] } });
    expect(event?.details?.sealedSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are deleted with a receipt of the part alone', async () => {
    await add('one');
    const { id } = await add('two');
    const receipt = await assets.parts.delete(actor, projectId, asset.id, { ...session, number: 2 });
    const [, body] = receipt.split('.');
    const text = JSON.parse(Buffer.from(body ?? '', 'base64url').toString());
    expect(text).toMatchObject({ what: { type: 'asset-part', id }, sealedObjects: 1 });
    expect(await open([1, 2])).toEqual(['one']);
    expect(objectsInBucket()).toBe(2);
    for (const number of [2, 0, 7]) {
      const again = assets.parts.delete(actor, projectId, asset.id, { ...session, number });
      await expect(again).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('are lost one by one: what is damaged keeps no other from being opened', async () => {
    await add('one');
    await add('two');
    const objects = await assets.bucketObjects.list(actor, projectId, {});
    const { id } = (await assets.parts.list(actor, projectId, asset.id, session)).items[0] ?? expect.fail('no part');
    const object = objects.items.find(({ partId }) => partId === id) ?? expect.fail('no object');
    await assets.bucketObjects.delete(actor, projectId, object.objectId);
    expect(await open([1, 2])).toEqual([undefined, 'one']);
    for (const objectId of bucket.objectIds()) {
      const bytes = bucket.bytesOf(scope, objectId);
      bucket.overwrite(scope, objectId, Buffer.from(bytes).fill(7, bytes.length - 9));
    }
    const before = audit.events.length;
    expect(await open([1, 2])).toEqual([undefined, undefined]);
    expect(eventsSince(before)).toEqual([]);
  });

  it('are not for Viewers to open or change, and not of an asset of another type', async () => {
    await add('one');
    const denied = { code: 'permission-denied' };
    await expect(open([1], viewer)).rejects.toMatchObject(denied);
    const deleting = assets.parts.delete(viewer, projectId, asset.id, { ...session, number: 1 });
    await expect(deleting).rejects.toMatchObject(denied);
    const missing = { code: 'not-found' };
    const other = { type: 'note', kind: 'entry' } as const;
    for (const id of [asset.id, newId(), 'no id']) {
      const type = id === asset.id ? other : session;
      await expect(assets.parts.list(actor, projectId, id, type)).rejects.toMatchObject(missing);
      const adding = { ...type, content: content('x'), mostKept: 5 };
      await expect(assets.parts.add(actor, projectId, id, adding)).rejects.toMatchObject(missing);
      await expect(assets.parts.open(actor, projectId, id, { ...type, numbers: [1] })).rejects.toMatchObject(missing);
    }
    expect(await open([1])).toEqual(['one']);
  });

  it('go with their asset, whose receipt counts them', async () => {
    await add('one');
    const receipt = await assets.service.delete(actor, projectId, asset.id);
    const text = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString());
    expect(text).toMatchObject({ what: { type: 'asset', id: asset.id }, sealedObjects: 2 });
    expect(objectsInBucket()).toBe(0);
  });

  it('expire, and so do assets: at once for whoever asks, and with keys and bytes when it is looked for', async () => {
    const short = await create(inSeconds(60));
    await add('one', { expiresAt: inSeconds(30) }, short);
    await add('two', {}, short);
    await add('stays');
    const before = audit.events.length;
    nowMs += 30 * SECOND_MS;
    const entries = await assets.parts.list(actor, projectId, short.id, session);
    expect(entries.items.map(({ number }) => number)).toEqual([2]);
    expect(objectsInBucket()).toBe(5);
    expect(await assets.expire()).toEqual({ assets: 0, parts: 1 });
    expect(objectsInBucket()).toBe(4);
    nowMs += 30 * SECOND_MS;
    await expect(assets.service.get(actor, projectId, short.id)).rejects.toMatchObject({ code: 'not-found' });
    expect((await assets.service.list(actor, projectId, {})).items.map(({ id }) => id)).toEqual([asset.id]);
    expect(await assets.expire()).toEqual({ assets: 1, parts: 0 });
    expect(await assets.expire()).toEqual({ assets: 0, parts: 0 });
    expect(objectsInBucket()).toBe(2);
    const sealedSha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(eventsSince(before)).toEqual([
      { action: 'asset-part.expire', partNumbers: [1], sealedSha256 },
      { action: 'asset.expire', sealedSha256 },
    ]);
    expect(audit.events.slice(before).every((event) => event.actor.via === 'server')).toBe(true);
  });

  describe('as versions', () => {
    const change = (text: string, more: object = {}) =>
      assets.service.change(actor, projectId, asset.id, { content: content(text), ...more });
    const openVersion = async (number: number) => {
      const asked = { type: 'session', kind: 'version', numbers: [number] } as const;
      return textOf((await assets.parts.open(actor, projectId, asset.id, asked))[0]?.content);
    };

    it('hold what was replaced, and open as they were sealed', async () => {
      await assets.service.change(actor, projectId, asset.id, { settings: { keepsVersions: true } });
      const saved = await change('second');
      expect(saved).toMatchObject({ revision: 2, settings: { keepsVersions: true } });
      expect(await openVersion(1)).toBe('about it');
      await change('third', { keepVersion: 'always' });
      expect(await openVersion(2)).toBe('second');
      expect(objectsInBucket()).toBe(3);
    });

    it('are made once by a save that is repeated, which is recorded once and leaves no bytes', async () => {
      const save = () => change('second', { keepVersion: 'always', saveId, ifRevision: 1 });
      const saveId = newId();
      const first = await save();
      const [events, bytes] = [audit.events.length, objectsInBucket()];
      expect(await save()).toEqual(first);
      expect([audit.events.length, objectsInBucket()]).toEqual([events, bytes]);
      const late = change('other', { ifRevision: 1 });
      await expect(late).rejects.toMatchObject({ details: { reason: 'content-changed' } });
      expect(objectsInBucket()).toBe(bytes);
    });
  });

  describe('and their locks', () => {
    const [mine, theirs] = [newId(), newId()];
    const take = (who: Actor, editorId: string, more: object = {}) =>
      assets.locks.take(who, projectId, asset.id, { type: 'session', editorId, ...more });
    const get = (who = actor) => assets.locks.get(who, projectId, asset.id, { type: 'session' });

    it('last a minute from the last renewal, or until they are given back', async () => {
      expect(await take(actor, mine)).toMatchObject({ heldBy: 'Ada', expiresAt: inSeconds(60) });
      nowMs += 40 * SECOND_MS;
      expect(await take(actor, mine)).toMatchObject({ expiresAt: inSeconds(60) });
      nowMs += 59 * SECOND_MS;
      expect(await get(viewer)).toBeDefined();
      nowMs += SECOND_MS;
      expect(await get()).toBeUndefined();
      expect(await take(actor, mine, { lasts: 'until-given-back' })).not.toHaveProperty('expiresAt');
      await assets.locks.giveBack(actor, projectId, asset.id, { type: 'session', editorId: mine });
      expect(await get()).toBeUndefined();
    });

    it('are taken over with force, which alone is recorded', async () => {
      const before = audit.events.length;
      await take(actor, mine, { force: true });
      await take(actor, mine, { force: true });
      await expect(take(colleague, theirs)).rejects.toMatchObject({ details: { reason: 'asset-locked' } });
      expect(await take(colleague, theirs, { force: true })).toMatchObject({ editorId: theirs });
      expect(eventsSince(before)).toEqual([{ action: 'asset.lock-take-over', userId: actor.userId }]);
      const save = { content: content('x'), editorId: mine };
      const saving = assets.service.change(actor, projectId, asset.id, save);
      await expect(saving).rejects.toMatchObject({ details: { reason: 'lock-taken-over' } });
      const deleting = assets.service.delete(actor, projectId, asset.id);
      await expect(deleting).rejects.toMatchObject({ details: { reason: 'asset-locked' } });
    });

    it('are not for Viewers, nor for editors without an id', async () => {
      await expect(take(viewer, theirs)).rejects.toMatchObject({ code: 'permission-denied' });
      await expect(take(actor, 'tab 1')).rejects.toMatchObject({ code: 'invalid-argument' });
    });
  });
});
