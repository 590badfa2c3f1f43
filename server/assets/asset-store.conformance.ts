import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, type ProjectAccess } from '../core/index.ts';
import { type SealedObject, storedIdsOf } from '../storage/index.ts';
import { randomSealedObject } from '../storage/testing.ts';
import type { AssetLockStore } from './asset-lock-store.ts';
import { type AssetPartStore, NO_PARTS } from './asset-part-store.ts';
import type { Asset, AssetStore } from './asset-store.ts';
import type { BucketObjectStore } from './bucket-object-store.ts';

/** A project that assets may be kept in, a key that its objects may name, and an Editor of it who saves. */
export type AssetProject = {
  readonly accountId: string;
  readonly projectId: string;
  readonly projectKeyId: string;
  readonly userId: string;
  readonly userName: string;
};

/** Says what has expired, to the stores of a harness. */
export type SettableClock = { now(): Date; set(now: Date): void };

export function createSettableClock(): SettableClock {
  let time = at(0);
  return {
    now: () => time,
    set(now) {
      time = now;
    },
  };
}

export type AssetStoreHarness = {
  readonly store: AssetStore;
  readonly parts: AssetPartStore;
  readonly locks: AssetLockStore;
  readonly objects: BucketObjectStore;
  readonly clock: SettableClock;
  newProject(): Promise<AssetProject>;
  /** Somebody else in the account, who has this in the project. @returns their id */
  newMember(project: AssetProject, access: ProjectAccess | undefined): Promise<string>;
  close(): Promise<void>;
};

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second));

/** What every asset store must do. */
export function assetStoreConformance(storeName: string, open: () => Promise<AssetStoreHarness>): void {
  describe(`the ${storeName} asset store, as every one,`, () => {
    let harness: AssetStoreHarness;
    let store: AssetStore;
    let project: AssetProject;

    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    beforeEach(async () => {
      harness.clock.set(at(0));
      project = await harness.newProject();
    });
    afterAll(() => harness.close());

    function newObject(sealedSizeBytes = 1000, owner = project): SealedObject {
      return randomSealedObject({ projectKeyId: owner.projectKeyId, sealedSizeBytes });
    }

    function insert(asset: Partial<Pick<Asset, 'id' | 'name' | 'type'>> = {}, now = at(0), object = newObject()) {
      const defaults = { id: newId(), type: 'note', name: 'a name', description: 'about it' };
      return store.insert(project, { ...defaults, ...asset, createdByUserId: project.userId, object }, now);
    }

    const placeOf = (asset: Asset, owner = project) => ({ ...owner, assetId: asset.id });

    const storedIds = (objects: readonly SealedObject[]) => objects.flatMap(storedIdsOf);

    /** With every digest and key as the same kind of bytes. */
    function plain(object: SealedObject | undefined) {
      if (object === undefined) return undefined;
      const { wrappedKey, sealedSha256, segments, ...rest } = object;
      const bytes = (part: Uint8Array) => Buffer.from(part).toString('hex');
      return {
        ...rest,
        wrappedKey: bytes(wrappedKey),
        sealedSha256: bytes(sealedSha256),
        segments: segments.map((segment) => ({ ...segment, sealedSha256: bytes(segment.sealedSha256) })),
      };
    }

    it('gives back what it was given, with the name of the person and the size', async () => {
      const object = newObject(5_000_000_000);
      const kept = await insert({ name: 'näme "quoted"' }, at(1), object);
      expect(kept).toEqual({
        id: kept.id,
        projectId: project.projectId,
        type: 'note',
        name: 'näme "quoted"',
        description: 'about it',
        tags: [],
        mediaType: '',
        sizeBytes: 200,
        sealedSizeBytes: 5_000_000_000,
        createdByUserId: project.userId,
        createdAt: at(1),
        updatedAt: at(1),
        createdBy: project.userName,
        revision: 1,
        settings: { autosaves: false, keepsVersions: false },
      });
      expect(await store.find(placeOf(kept))).toEqual(kept);
      const found = await store.findWithObject(placeOf(kept));
      expect(found?.asset).toEqual(kept);
      expect(plain(found?.object)).toEqual(plain(object));
    });

    it('finds nothing in another project or account', async () => {
      const kept = await insert();
      const other = await harness.newProject();
      const places = [
        placeOf(kept, other),
        { ...placeOf(kept), accountId: other.accountId },
        { ...placeOf(kept), projectId: other.projectId },
        { ...placeOf(kept), assetId: newId() },
      ];
      for (const place of places) {
        expect(await store.find(place)).toBeUndefined();
        expect(await store.findWithObject(place)).toBeUndefined();
        expect(await store.update(place, { name: 'changed' }, at(1))).toBeUndefined();
        expect(await store.update(place, { object: newObject(1, other) }, at(1))).toBeUndefined();
        expect(await store.delete(place)).toBeUndefined();
      }
      expect(await store.find(placeOf(kept))).toEqual(kept);
    });

    it('lets a Viewer find the asset and not its object', async () => {
      const kept = await insert();
      const userId = await harness.newMember(project, { role: 'viewer' });
      const viewer = { ...project, userId };
      expect(await store.find(placeOf(kept, viewer))).toEqual(kept);
      expect(await store.findWithObject(placeOf(kept, viewer))).toEqual({ asset: kept, object: undefined });
      await expectNoChangeBy(viewer, kept);
    });

    it('lets nobody find anything who has no role in the project', async () => {
      const kept = await insert();
      for (const access of [undefined, { bucket: 'reader' }, { bucket: 'writer' }] as const) {
        const outsider = { ...project, userId: await harness.newMember(project, access) };
        expect(await store.find(placeOf(kept, outsider))).toBeUndefined();
        expect(await store.findWithObject(placeOf(kept, outsider))).toBeUndefined();
        await expectNoChangeBy(outsider, kept);
      }
    });

    async function expectNoChangeBy(person: AssetProject, kept: Asset): Promise<void> {
      const place = placeOf(kept, person);
      expect(await store.update(place, { name: 'changed' }, at(9))).toBeUndefined();
      expect(await store.update(place, { object: newObject() }, at(9))).toBeUndefined();
      expect(await store.delete(place)).toBeUndefined();
      const asset = { id: newId(), type: 'note', name: 'n', description: '' };
      const added = store.insert(person, { ...asset, createdByUserId: person.userId, object: newObject() }, at(9));
      await expect(added).rejects.toMatchObject({ code: 'not-found' });
      expect(await store.find(placeOf(kept))).toEqual(kept);
      expect((await store.findWithObject(placeOf(kept)))?.object).toBeDefined();
    }

    it('changes only what is given, and time never goes back', async () => {
      const kept = await insert({ name: 'old' }, at(5));
      const renamed = await store.update(placeOf(kept), { name: 'new' }, at(9));
      expect(renamed).toEqual({
        asset: { ...kept, name: 'new', updatedAt: at(9) },
        replacedObjectIds: [],
        destroyed: NO_PARTS,
        isRepeated: false,
      });
      const described = await store.update(placeOf(kept), { description: '' }, at(2));
      expect(described?.asset).toEqual({ ...kept, name: 'new', description: '', updatedAt: at(9) });
    });

    it('puts a new object in the place of the old one and says which that was', async () => {
      const old = newObject();
      const kept = await insert({}, at(1), old);
      const fresh = newObject(77);
      const updated = await store.update(placeOf(kept), { object: fresh }, at(2));
      expect(updated?.replacedObjectIds).toEqual(storedIdsOf(old));
      expect(updated?.asset.sealedSizeBytes).toBe(77);
      expect(plain((await store.findWithObject(placeOf(kept)))?.object)).toEqual(plain(fresh));
      expect(await store.referenced(project, storedIds([old, fresh]))).toEqual(new Set(storedIdsOf(fresh)));
    });

    it('leaves one object after many changes at once, and names every other one exactly once', async () => {
      const old = newObject();
      const kept = await insert({}, at(1), old);
      const fresh = Array.from({ length: 8 }, () => newObject());
      const updates = await Promise.all(fresh.map((object) => store.update(placeOf(kept), { object }, at(2))));
      const replaced = updates.flatMap((update) => update?.replacedObjectIds ?? []);
      const all = storedIds([old, ...fresh]);
      const left = await store.referenced(project, all);
      expect(left.size).toBe(2);
      expect([...replaced, ...left].sort()).toEqual([...all].sort());
    });

    it('accounts for every object when saves and a delete come at once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const old = newObject();
        const kept = await insert({}, at(1), old);
        const fresh = Array.from({ length: 4 }, () => newObject());
        const changes = fresh.map((object) => store.update(placeOf(kept), { object }, at(2)));
        const [deleted, ...updates] = await Promise.all([store.delete(placeOf(kept)), ...changes]);
        const refused = storedIds(fresh.filter((_, index) => updates[index] === undefined));
        const replaced = updates.flatMap((update) => update?.replacedObjectIds ?? []);
        const all = storedIds([old, ...fresh]);
        expect([...(deleted ?? []), ...replaced, ...refused].sort()).toEqual([...all].sort());
        expect(await store.referenced(project, all)).toEqual(new Set());
      }
    });

    it('deletes an asset with its keys, once', async () => {
      const object = newObject();
      const kept = await insert({}, at(1), object);
      const other = await insert();
      expect(await store.delete(placeOf(kept))).toEqual(storedIdsOf(object));
      expect(await store.delete(placeOf(kept))).toBeUndefined();
      expect(await store.find(placeOf(kept))).toBeUndefined();
      expect(await store.referenced(project, storedIdsOf(object))).toEqual(new Set());
      expect(await store.find(placeOf(other))).toEqual(other);
    });

    it('knows which objects belong to something, in one project only', async () => {
      const object = newObject();
      await insert({}, at(1), object);
      const other = await harness.newProject();
      const ids = storedIdsOf(object);
      expect(await store.referenced(project, [...ids, newId()])).toEqual(new Set(ids));
      expect(await store.referenced(other, ids)).toEqual(new Set());
      expect(await store.referenced(project, [])).toEqual(new Set());
    });

    it('keeps an object from before there were segments, which is in the bucket under its own id', async () => {
      const { sizeBytes: _, ...segmented } = newObject();
      const old = { ...segmented, segments: [] };
      const kept = await insert({}, at(1), old);
      expect(plain((await store.findWithObject(placeOf(kept)))?.object)).toEqual(plain(old));
      expect(await store.referenced(project, [old.objectId])).toEqual(new Set([old.objectId]));
      const fresh = newObject();
      const updated = await store.update(placeOf(kept), { object: fresh }, at(2));
      expect(updated?.replacedObjectIds).toEqual([old.objectId]);
    });

    it('keeps an object of very many segments', async () => {
      const few = newObject();
      const [one] = few.segments;
      if (one === undefined) return expect.fail('it has no segment');
      const segments = Array.from({ length: 2500 }, (_, number) => ({ ...one, number, segmentId: newId() }));
      const kept = await insert({}, at(1), { ...few, segments });
      expect((await store.findWithObject(placeOf(kept)))?.object?.segments.map(({ segmentId }) => segmentId)).toEqual(
        segments.map(({ segmentId }) => segmentId),
      );
      expect(await store.delete(placeOf(kept))).toHaveLength(2500);
    });

    it('knows a save again whose answer was lost, whatever else it asked for', async () => {
      const kept = await insert();
      const [saveId, object] = [newId(), newObject(7)];
      const first = await store.update(placeOf(kept), { object, saveId, ifRevision: 1 }, at(1));
      expect(first).toMatchObject({ isRepeated: false, asset: { revision: 2, sealedSizeBytes: 7 } });
      const again = await store.update(placeOf(kept), { object: newObject(9), saveId, ifRevision: 1 }, at(2));
      expect(again).toEqual({ asset: first?.asset, replacedObjectIds: [], destroyed: NO_PARTS, isRepeated: true });
      const next = await store.update(placeOf(kept), { object: newObject(9), saveId: newId(), ifRevision: 2 }, at(3));
      expect(next).toMatchObject({ isRepeated: false, asset: { revision: 3, sealedSizeBytes: 9 } });
    });

    it('changes only the revision that was asked for, and counts changes of the content alone', async () => {
      const kept = await insert();
      await store.update(placeOf(kept), { name: 'new' }, at(1));
      await store.update(placeOf(kept), { object: newObject(7), ifRevision: 1 }, at(1));
      const late = store.update(placeOf(kept), { object: newObject(9), ifRevision: 1 }, at(2));
      await expect(late).rejects.toMatchObject({ details: { reason: 'content-changed' } });
      expect(await store.find(placeOf(kept))).toMatchObject({ revision: 2, sealedSizeBytes: 7 });
    });

    it('lets one of many saves of the same revision through', async () => {
      const kept = await insert();
      const saves = Array.from({ length: 8 }, () =>
        store.update(placeOf(kept), { object: newObject(), ifRevision: 1 }, at(1)).then(
          () => 'saved',
          (error: { details: { reason: string } }) => error.details.reason,
        ),
      );
      expect((await Promise.all(saves)).sort()).toEqual([...Array(7).fill('content-changed'), 'saved']);
    });

    it('keeps settings', async () => {
      const kept = await insert();
      await store.update(placeOf(kept), { settings: { autosaves: true } }, at(1));
      const changed = await store.update(placeOf(kept), { settings: { keepsVersions: true } }, at(1));
      expect(changed?.asset.settings).toEqual({ autosaves: true, keepsVersions: true });
    });

    it('has what expired no more, from that instant on, and destroys it with its parts', async () => {
      const objects = [newObject(10), newObject(20)];
      const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId };
      const [object, ofPart] = objects as [SealedObject, SealedObject];
      const kept = await store.insert(project, { ...asset, object, expiresAt: at(60) }, at(0));
      expect(kept.expiresAt).toEqual(at(60));
      const part = { id: newId(), kind: 'entry', createdByUserId: project.userId, createdAt: at(1) } as const;
      await harness.parts.add(placeOf(kept), { ...part, object: ofPart }, { mostKept: 9, now: at(1) });
      const { accountId, projectId } = project;
      expect(await store.listExpired(accountId, at(59), 10)).toEqual([]);
      expect(await store.deleteExpired({ accountId, projectId, assetId: kept.id }, at(59))).toBeUndefined();
      harness.clock.set(new Date(at(60).getTime() - 1));
      expect(await store.find(placeOf(kept))).toBeDefined();
      harness.clock.set(at(60));
      expect(await store.find(placeOf(kept))).toBeUndefined();
      expect(await store.findWithObject(placeOf(kept))).toBeUndefined();
      expect(await store.update(placeOf(kept), { object: newObject() }, at(60))).toBeUndefined();
      expect(await store.delete(placeOf(kept))).toBeUndefined();
      const place = { accountId, projectId, assetId: kept.id };
      expect(await store.listExpired(accountId, at(60), 10)).toEqual([place]);
      expect(await store.listExpired(newId(), at(60), 10)).toEqual([]);
      const gone = await store.deleteExpired(place, at(60));
      expect(gone?.digests).toMatchObject({ sealedObjects: 2, sealedSizeBytes: 30 });
      expect([...(gone?.storedIds ?? [])].sort()).toEqual(storedIds(objects).sort());
      expect(await store.deleteExpired(place, at(60))).toBeUndefined();
      expect(await store.referenced(project, storedIds(objects))).toEqual(new Set());
    });

    it('knows that a project is there', async () => {
      expect(await store.hasProject(project)).toBe(true);
    });
  });
}
