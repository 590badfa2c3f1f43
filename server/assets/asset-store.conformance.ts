import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, type ProjectAccess } from '../core/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { Asset, AssetStore } from './asset-store.ts';

/** A project that assets may be kept in, a key that its objects may name, and an Editor of it who saves. */
export type AssetProject = {
  readonly accountId: string;
  readonly projectId: string;
  readonly projectKeyId: string;
  readonly userId: string;
  readonly userName: string;
};

export type AssetStoreHarness = {
  readonly store: AssetStore;
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
      project = await harness.newProject();
    });
    afterAll(() => harness.close());

    function newObject(sealedSizeBytes = 1000, owner = project): SealedObject {
      const random = { wrappedKey: randomBytes(65), sealedSha256: randomBytes(32) };
      return { objectId: newId(), purpose: 'test', projectKeyId: owner.projectKeyId, sealedSizeBytes, ...random };
    }

    function insert(asset: Partial<Pick<Asset, 'id' | 'name' | 'type'>> = {}, now = at(0), object = newObject()) {
      const defaults = { id: newId(), type: 'note', name: 'a name', description: 'about it' };
      return store.insert(project, { ...defaults, ...asset, createdByUserId: project.userId, object }, now);
    }

    const placeOf = (asset: Asset, owner = project) => ({ ...owner, assetId: asset.id });

    function plain(object: SealedObject | undefined) {
      if (object === undefined) return undefined;
      const { wrappedKey, sealedSha256, ...rest } = object;
      return { ...rest, wrappedKey: Buffer.from(wrappedKey), sealedSha256: Buffer.from(sealedSha256) };
    }

    async function namesOf(query: { type?: string; nameContains?: string; limit?: number } = {}) {
      const found = await store.list(project, { type: 'note', limit: 200, ...query });
      return found.map(({ name }) => name);
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
        sealedSizeBytes: 5_000_000_000,
        createdByUserId: project.userId,
        createdAt: at(1),
        updatedAt: at(1),
        createdBy: project.userName,
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
      expect(await store.list(other, { type: 'note', limit: 10 })).toEqual([]);
      expect(await store.find(placeOf(kept))).toEqual(kept);
    });

    it('lets a Viewer find the asset and not its object', async () => {
      const kept = await insert();
      const userId = await harness.newMember(project, { role: 'viewer' });
      const viewer = { ...project, userId };
      expect(await store.find(placeOf(kept, viewer))).toEqual(kept);
      expect(await store.findWithObject(placeOf(kept, viewer))).toEqual({ asset: kept, object: undefined });
      expect(await store.list(viewer, { type: 'note', limit: 10 })).toEqual([kept]);
      await expectNoChangeBy(viewer, kept);
    });

    it('lets nobody find anything who has no role in the project', async () => {
      const kept = await insert();
      for (const access of [undefined, { bucket: 'reader' }, { bucket: 'writer' }] as const) {
        const outsider = { ...project, userId: await harness.newMember(project, access) };
        expect(await store.find(placeOf(kept, outsider))).toBeUndefined();
        expect(await store.findWithObject(placeOf(kept, outsider))).toBeUndefined();
        expect(await store.list(outsider, { type: 'note', limit: 10 })).toEqual([]);
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

    it('lists the newest change first, one type only', async () => {
      await insert({ name: 'first' }, at(1));
      const second = await insert({ name: 'second' }, at(2));
      await insert({ name: 'third' }, at(3));
      await insert({ name: 'of another type', type: 'other' }, at(4));
      expect(await namesOf()).toEqual(['third', 'second', 'first']);
      await store.update(placeOf(second), { description: 'new' }, at(5));
      expect(await namesOf()).toEqual(['second', 'third', 'first']);
      expect(await namesOf({ limit: 2 })).toEqual(['second', 'third']);
    });

    it('goes on after a place in the order, also between equal times', async () => {
      const kept: Asset[] = [];
      for (const second of [1, 1, 1, 2, 2, 3]) kept.push(await insert({ name: 'n' }, at(second)));
      const whole = await store.list(project, { type: 'note', limit: 200 });
      expect(whole).toHaveLength(kept.length);
      for (const [index, after] of whole.entries()) {
        const rest = await store.list(project, {
          type: 'note',
          limit: 200,
          after: { at: after.updatedAt, id: after.id },
        });
        expect(rest.map(({ id }) => id)).toEqual(whole.slice(index + 1).map(({ id }) => id));
      }
    });

    it('finds text in names, whatever the letter case, and takes every character as it is', async () => {
      for (const name of ['100% sure', '100 sure', 'a_b', 'aXb', 'back\\slash', 'Summary']) await insert({ name });
      expect(await namesOf({ nameContains: '0%' })).toEqual(['100% sure']);
      expect(await namesOf({ nameContains: 'a_b' })).toEqual(['a_b']);
      expect(await namesOf({ nameContains: 'k\\s' })).toEqual(['back\\slash']);
      expect(await namesOf({ nameContains: 'sUMM' })).toEqual(['Summary']);
      expect(await namesOf({ nameContains: "'; drop table assets; --" })).toEqual([]);
    });

    it('changes only what is given, and time never goes back', async () => {
      const kept = await insert({ name: 'old' }, at(5));
      const renamed = await store.update(placeOf(kept), { name: 'new' }, at(9));
      expect(renamed).toEqual({ asset: { ...kept, name: 'new', updatedAt: at(9) }, replacedObjectIds: [] });
      const described = await store.update(placeOf(kept), { description: '' }, at(2));
      expect(described?.asset).toEqual({ ...kept, name: 'new', description: '', updatedAt: at(9) });
    });

    it('puts a new object in the place of the old one and says which that was', async () => {
      const old = newObject();
      const kept = await insert({}, at(1), old);
      const fresh = newObject(77);
      const updated = await store.update(placeOf(kept), { object: fresh }, at(2));
      expect(updated?.replacedObjectIds).toEqual([old.objectId]);
      expect(updated?.asset.sealedSizeBytes).toBe(77);
      expect(plain((await store.findWithObject(placeOf(kept)))?.object)).toEqual(plain(fresh));
      expect(await store.referenced(project, [old.objectId, fresh.objectId])).toEqual(new Set([fresh.objectId]));
    });

    it('leaves one object after many changes at once, and names every other one exactly once', async () => {
      const old = newObject();
      const kept = await insert({}, at(1), old);
      const fresh = Array.from({ length: 8 }, () => newObject());
      const updates = await Promise.all(fresh.map((object) => store.update(placeOf(kept), { object }, at(2))));
      const replaced = updates.flatMap((update) => update?.replacedObjectIds ?? []);
      const all = [old, ...fresh].map(({ objectId }) => objectId);
      const left = await store.referenced(project, all);
      expect(left.size).toBe(1);
      expect([...replaced, ...left].sort()).toEqual(all.sort());
    });

    it('accounts for every object when saves and a delete come at once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const old = newObject();
        const kept = await insert({}, at(1), old);
        const fresh = Array.from({ length: 4 }, () => newObject());
        const changes = fresh.map((object) => store.update(placeOf(kept), { object }, at(2)));
        const [deleted, ...updates] = await Promise.all([store.delete(placeOf(kept)), ...changes]);
        const refused = fresh.filter((_, index) => updates[index] === undefined).map(({ objectId }) => objectId);
        const replaced = updates.flatMap((update) => update?.replacedObjectIds ?? []);
        const all = [old, ...fresh].map(({ objectId }) => objectId);
        expect([...(deleted ?? []), ...replaced, ...refused].sort()).toEqual(all.sort());
        expect(await store.referenced(project, all)).toEqual(new Set());
      }
    });

    it('deletes an asset with its keys, once', async () => {
      const object = newObject();
      const kept = await insert({}, at(1), object);
      const other = await insert();
      expect(await store.delete(placeOf(kept))).toEqual([object.objectId]);
      expect(await store.delete(placeOf(kept))).toBeUndefined();
      expect(await store.find(placeOf(kept))).toBeUndefined();
      expect(await store.referenced(project, [object.objectId])).toEqual(new Set());
      expect(await store.find(placeOf(other))).toEqual(other);
    });

    it('knows which objects belong to something, in one project only', async () => {
      const object = newObject();
      await insert({}, at(1), object);
      const other = await harness.newProject();
      expect(await store.referenced(project, [object.objectId, newId()])).toEqual(new Set([object.objectId]));
      expect(await store.referenced(other, [object.objectId])).toEqual(new Set());
      expect(await store.referenced(project, [])).toEqual(new Set());
    });

    it('knows that a project is there', async () => {
      expect(await store.hasProject(project)).toBe(true);
    });
  });
}
