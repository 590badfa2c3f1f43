import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { type SealedObject, storedIdsOf } from '../storage/index.ts';
import { randomSealedObject } from '../storage/testing.ts';
import type { AssetProject, AssetStoreHarness } from './asset-store.conformance.ts';
import type { BucketObjectStore } from './bucket-object-store.ts';

export type BucketObjectStoreHarness = AssetStoreHarness & {
  /** Over the same rows as `store`. */
  readonly objects: BucketObjectStore;
};

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second));
const anyTime = { now: at(1), mustExist: false };

/** What every store of bucket objects must do. */
export function bucketObjectStoreConformance(storeName: string, open: () => Promise<BucketObjectStoreHarness>): void {
  describe(`the ${storeName} store of bucket objects, as every one,`, () => {
    let harness: BucketObjectStoreHarness;
    let objects: BucketObjectStore;
    let project: AssetProject;
    let writer: AssetProject;
    let reader: AssetProject;

    beforeAll(async () => {
      harness = await open();
      objects = harness.objects;
    });
    beforeEach(async () => {
      project = await harness.newProject();
      writer = { ...project, userId: await harness.newMember(project, { bucket: 'writer' }) };
      reader = { ...project, userId: await harness.newMember(project, { bucket: 'reader' }) };
    });
    afterAll(() => harness.close());

    function newSealed(sealedSizeBytes = 1000, purpose = 'bucket-object', owner = project): SealedObject {
      return randomSealedObject({ projectKeyId: owner.projectKeyId, sealedSizeBytes, purpose });
    }

    const storedIds = (objects: readonly SealedObject[]) => objects.flatMap(storedIdsOf);

    async function saveAsset() {
      const sealed = newSealed(50, 'asset-content');
      const metadata = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId };
      const asset = await harness.store.insert(project, { ...metadata, object: sealed }, at(1));
      return { asset, sealed, objectId: sealed.objectId, place: { ...project, assetId: asset.id } };
    }

    const asBuffers = ({ wrappedKey, sealedSha256, segments, ...rest }: SealedObject) => ({
      ...rest,
      wrappedKey: Buffer.from(wrappedKey),
      sealedSha256: Buffer.from(sealedSha256),
      segments: segments.map((segment) => ({ ...segment, sealedSha256: Buffer.from(segment.sealedSha256) })),
    });

    it('keeps an object without an asset, under the id that was chosen', async () => {
      const [objectId, sealed] = [newId(), newSealed(5_000_000_000)];
      const object = { objectId, sealedSizeBytes: 5_000_000_000, createdAt: at(1) };
      expect(await objects.put(writer, objectId, sealed, anyTime)).toEqual({ object, replacedObjectIds: [] });
      const found = await objects.find(reader, objectId);
      expect(found).toMatchObject(object);
      expect(found && asBuffers(found.sealed)).toEqual(asBuffers(sealed));
      expect(await objects.list(reader, { limit: 10 })).toEqual([object]);
      expect(await harness.store.referenced(project, [...storedIdsOf(sealed), objectId])).toEqual(
        new Set(storedIdsOf(sealed)),
      );
    });

    it('replaces what is there, keeps its id, and says whose bytes are left over', async () => {
      const [objectId, first, second] = [newId(), newSealed(), newSealed(77)];
      await objects.put(writer, objectId, first, anyTime);
      const replaced = await objects.put(project, objectId, second, { now: at(5), mustExist: true });
      expect(replaced).toEqual({
        object: { objectId, sealedSizeBytes: 77, createdAt: at(5) },
        replacedObjectIds: storedIdsOf(first),
      });
      expect((await objects.find(writer, objectId))?.sealed.objectId).toBe(second.objectId);
      expect((await objects.find(writer, objectId))?.sealed.segments).toHaveLength(2);
      expect(await harness.store.referenced(project, storedIds([first, second]))).toEqual(new Set(storedIdsOf(second)));
    });

    it('makes no object that must exist', async () => {
      const attempt = objects.put(writer, newId(), newSealed(), { now: at(1), mustExist: true });
      await expect(attempt).rejects.toMatchObject({ code: 'not-found' });
      expect(await objects.list(writer, { limit: 10 })).toEqual([]);
    });

    it('tells an asset of new content that a bucket writer put, who sees no asset', async () => {
      const { asset, sealed: before, objectId, place } = await saveAsset();
      expect(await objects.find(writer, objectId)).toMatchObject({ objectId, assetId: asset.id, sealedSizeBytes: 50 });
      const sealed = newSealed(60, 'asset-content');
      const { object, replacedObjectIds } = await objects.put(writer, objectId, sealed, {
        now: at(7),
        mustExist: true,
      });
      expect(object).toEqual({ objectId, sealedSizeBytes: 60, createdAt: at(7), assetId: asset.id });
      expect(replacedObjectIds).toEqual(storedIdsOf(before));
      const found = await harness.store.findWithObject(place);
      expect(found?.asset).toEqual({ ...asset, sealedSizeBytes: 60, updatedAt: at(7), revision: 2 });
      expect(found?.object?.objectId).toBe(sealed.objectId);
      expect(await harness.store.find({ ...place, userId: writer.userId })).toBeUndefined();
      const saved = await harness.store.update(place, { object: newSealed(8, 'asset-content') }, at(9));
      expect(saved?.replacedObjectIds).toEqual(storedIdsOf(sealed));
      expect(await objects.find(writer, objectId)).toBeUndefined();
    });

    it('deletes an object once, and leaves its asset without content', async () => {
      const { asset, sealed: content, objectId, place } = await saveAsset();
      expect(await objects.delete(writer, objectId, at(4))).toEqual(storedIdsOf(content));
      await expect(objects.delete(writer, objectId, at(5))).rejects.toMatchObject({ code: 'not-found' });
      const { sizeBytes: _, ...withoutSize } = asset;
      expect(await harness.store.findWithObject(place)).toEqual({
        asset: { ...withoutSize, sealedSizeBytes: 0, updatedAt: at(4), revision: 2 },
        object: undefined,
      });
      expect(await harness.store.referenced(project, storedIdsOf(content))).toEqual(new Set());
      const free = newId();
      const sealed = newSealed();
      await objects.put(project, free, sealed, anyTime);
      expect(await objects.delete(project, free, at(5))).toEqual(storedIdsOf(sealed));
      expect(await objects.list(project, { limit: 10 })).toEqual([]);
    });

    it('has the contents of parts too, which a writer changes without touching the asset’s', async () => {
      const { asset, objectId, place } = await saveAsset();
      await harness.store.update(place, { object: newSealed(9, 'asset-content'), keepVersion: 'always' }, at(2));
      const [version] = await harness.parts.list(place, { kind: 'version', limit: 1 });
      const partId = version?.id ?? expect.fail('no version');
      const [found] = (await objects.list(reader, { limit: 10 })).filter((object) => object.partId !== undefined);
      expect(found).toMatchObject({ objectId, assetId: asset.id, partId, sealedSizeBytes: 50 });
      expect((await objects.count(project)).byType).toEqual([{ type: 'note', objects: 2, sealedBytes: 59 }]);
      // Whoever found it as the content of the asset does not change what it has become.
      const late = objects.put(writer, objectId, newSealed(), { now: at(3), mustExist: true });
      await expect(late).rejects.toMatchObject({ code: 'not-found' });
      await objects.put(writer, objectId, newSealed(60), { now: at(3), mustExist: true, partId });
      const [changed] = await harness.parts.list(place, { kind: 'version', limit: 1 });
      expect(changed?.sealedSizeBytes).toBe(60);
      expect(await harness.store.find(place)).toMatchObject({ sealedSizeBytes: 9, revision: 2, updatedAt: at(2) });
      await objects.delete(writer, objectId, at(4));
      expect(await harness.parts.findWithObjects(place, 'version', [1])).toMatchObject([
        { part: { sealedSizeBytes: 0 }, object: undefined },
      ]);
      expect((await harness.store.findWithObject(place))?.object?.sealedSizeBytes).toBe(9);
    });

    it('has nothing of what expired', async () => {
      harness.clock.set(at(0));
      const metadata = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId };
      const object = newSealed();
      const asset = await harness.store.insert(project, { ...metadata, object, expiresAt: at(60) }, at(1));
      const part = { id: newId(), kind: 'entry', createdByUserId: project.userId, createdAt: at(1) } as const;
      const entry = { ...part, object: newSealed(), expiresAt: at(30) };
      await harness.parts.add({ ...project, assetId: asset.id }, entry, { mostKept: 9, now: at(1) });
      const idsAt = async (second: number) => {
        harness.clock.set(at(second));
        return (await objects.list(reader, { limit: 10 })).map(({ objectId }) => objectId);
      };
      expect(await idsAt(29)).toHaveLength(2);
      expect(await idsAt(30)).toEqual([object.objectId]);
      expect(await objects.find(reader, entry.object.objectId)).toBeUndefined();
      await expect(objects.delete(writer, entry.object.objectId, at(31))).rejects.toMatchObject({ code: 'not-found' });
      const over = objects.put(writer, entry.object.objectId, newSealed(), anyTime);
      await expect(over).rejects.toMatchObject({ code: 'not-found' });
      expect(await idsAt(60)).toEqual([]);
      expect(await objects.count(project)).toEqual({ assets: 0, byType: [] });
      harness.clock.set(at(0));
    });

    it('lets readers read, and Viewers and everybody outside find nothing', async () => {
      const { asset, objectId } = await saveAsset();
      await expectNoChangeBy(reader, objectId);
      for (const access of [undefined, { role: 'viewer' }] as const) {
        const outsider = { ...project, userId: await harness.newMember(project, access) };
        expect(await objects.find(outsider, objectId)).toBeUndefined();
        expect(await objects.list(outsider, { limit: 10 })).toEqual([]);
        await expectNoChangeBy(outsider, objectId);
      }
      expect(await harness.store.find({ ...project, assetId: asset.id })).toEqual(asset);
    });

    async function expectNoChangeBy(person: AssetProject, objectId: string): Promise<void> {
      for (const id of [objectId, newId()]) {
        const notFound = { code: 'not-found' };
        await expect(objects.put(person, id, newSealed(), anyTime)).rejects.toMatchObject(notFound);
        await expect(objects.delete(person, id, at(9))).rejects.toMatchObject(notFound);
      }
      expect(await objects.list(writer, { limit: 10 })).toMatchObject([{ objectId, sealedSizeBytes: 50 }]);
    }

    it('knows nothing of other projects, where the same id may be another object', async () => {
      const other = await harness.newProject();
      const objectId = newId();
      await objects.put(writer, objectId, newSealed(1), anyTime);
      for (const place of [
        { ...other, userId: writer.userId },
        { ...other, accountId: project.accountId },
        { ...project, accountId: other.accountId, userId: other.userId },
      ]) {
        expect(await objects.find(place, objectId)).toBeUndefined();
        expect(await objects.list(place, { limit: 10 })).toEqual([]);
        await expect(objects.delete(place, objectId, at(2))).rejects.toMatchObject({ code: 'not-found' });
      }
      const sealed = newSealed(2, 'bucket-object', other);
      expect((await objects.put(other, objectId, sealed, anyTime)).replacedObjectIds).toEqual([]);
      expect(await objects.find(reader, objectId)).toMatchObject({ sealedSizeBytes: 1 });
      expect(await objects.find(other, objectId)).toMatchObject({ sealedSizeBytes: 2 });
    });

    it('counts by the type of the assets that somebody sees, and nothing for those who may not open the bucket', async () => {
      await saveAsset();
      await saveAsset();
      await objects.put(writer, newId(), newSealed(5_000_000_000), anyTime);
      await objects.put(writer, newId(), newSealed(3), anyTime);
      const others = { type: 'object', objects: 2, sealedBytes: 5_000_000_003 };
      expect(await objects.count(project)).toEqual({
        assets: 2,
        byType: [{ type: 'note', objects: 2, sealedBytes: 100 }, others],
      });
      expect(await objects.count(reader)).toEqual({
        assets: 0,
        byType: [{ type: 'asset', objects: 2, sealedBytes: 100 }, others],
      });
      const viewer = { ...project, userId: await harness.newMember(project, { role: 'viewer' }) };
      expect(await objects.count(viewer)).toEqual({ assets: 2, byType: [] });
      const nothing = { assets: 0, byType: [] };
      expect(await objects.count({ ...project, userId: await harness.newMember(project, undefined) })).toEqual(nothing);
      const other = await harness.newProject();
      expect(await objects.count(other)).toEqual(nothing);
      expect(await objects.count({ ...project, accountId: other.accountId, userId: other.userId })).toEqual(nothing);
    });

    it('lists the newest first, and goes on after a place in the order, also between equal times', async () => {
      for (const second of [1, 1, 2, 3, 3, 3]) {
        await objects.put(writer, newId(), newSealed(), { now: at(second), mustExist: false });
      }
      const whole = await objects.list(writer, { limit: 200 });
      expect(whole.map(({ createdAt }) => createdAt)).toEqual([at(3), at(3), at(3), at(2), at(1), at(1)]);
      for (const [index, { createdAt, objectId }] of whole.entries()) {
        const rest = await objects.list(writer, { limit: 200, after: { at: createdAt, id: objectId } });
        expect(rest).toEqual(whole.slice(index + 1));
      }
      expect(await objects.list(writer, { limit: 2 })).toEqual(whole.slice(0, 2));
    });

    it('accounts for every object when many are put under one id at once', async () => {
      const objectId = newId();
      const all = Array.from({ length: 8 }, () => newSealed());
      const puts = await Promise.all(all.map((sealed) => objects.put(writer, objectId, sealed, anyTime)));
      const replaced = puts.flatMap(({ replacedObjectIds }) => replacedObjectIds);
      const kept = await objects.find(writer, objectId);
      expect([...replaced, ...storedIds(kept ? [kept.sealed] : [])].sort()).toEqual([...storedIds(all)].sort());
    });

    it('accounts for every object when an asset is saved, its object put, and it is deleted, all at once', async () => {
      for (let round = 0; round < 8; round += 1) {
        const { objectId, sealed: before, place } = await saveAsset();
        const puts = Array.from({ length: 3 }, () => newSealed(round, 'asset-content'));
        const saves = Array.from({ length: 3 }, () => newSealed(round, 'asset-content'));
        const [put, saved, deleted] = await Promise.all([
          Promise.allSettled(
            puts.map((sealed) => objects.put(writer, objectId, sealed, { now: at(2), mustExist: true })),
          ),
          Promise.all(saves.map((object) => harness.store.update(place, { object }, at(2)))),
          round % 2 === 0 ? harness.store.delete(place) : undefined,
        ]);
        const refused = puts.filter((_, index) => put[index]?.status === 'rejected');
        for (const result of put) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not-found' });
        }
        const unsaved = saves.filter((_, index) => saved[index] === undefined);
        const gone = [
          ...put.flatMap((result) => (result.status === 'fulfilled' ? result.value.replacedObjectIds : [])),
          ...saved.flatMap((result) => result?.replacedObjectIds ?? []),
          ...(deleted ?? []),
          ...storedIds([...refused, ...unsaved]),
        ];
        const left = await harness.store.findWithObject(place);
        const all = storedIds([before, ...puts, ...saves]);
        const kept = storedIds(left?.object === undefined ? [] : [left.object]);
        expect([...gone, ...kept].sort()).toEqual([...all].sort());
        expect(await harness.store.referenced(project, all)).toEqual(new Set(kept));
      }
    });
  });
}
