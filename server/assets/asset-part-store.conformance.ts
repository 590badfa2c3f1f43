import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { type SealedObject, storedIdsOf } from '../storage/index.ts';
import { randomSealedObject } from '../storage/testing.ts';
import type { AssetPartKind, AssetPartStore } from './asset-part-store.ts';
import type { AssetProject, AssetStoreHarness } from './asset-store.conformance.ts';
import type { Asset, AssetPlace, AssetStore } from './asset-store.ts';
import { MOST_VERSIONS } from './save-conditions.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second));

/** What every store of parts must do. */
export function assetPartStoreConformance(storeName: string, open: () => Promise<AssetStoreHarness>): void {
  describe(`the ${storeName} store of parts, as every one,`, () => {
    let harness: AssetStoreHarness;
    let store: AssetStore;
    let parts: AssetPartStore;
    let project: AssetProject;
    let place: AssetPlace;

    beforeAll(async () => {
      harness = await open();
      ({ store, parts } = harness);
    });
    beforeEach(async () => {
      harness.clock.set(at(0));
      project = await harness.newProject();
      place = placeOf(await newAsset());
    });
    afterAll(() => harness.close());

    const newObject = (sealedSizeBytes = 1000) =>
      randomSealedObject({ projectKeyId: project.projectKeyId, sealedSizeBytes });
    const placeOf = ({ id }: Asset, owner = project): AssetPlace => {
      const { accountId, projectId, userId } = owner;
      return { accountId, projectId, userId, assetId: id };
    };

    function newAsset(given: { object?: SealedObject; expiresAt?: Date } = {}) {
      const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId };
      return store.insert(project, { ...asset, object: newObject(), ...given }, at(0));
    }

    function add(
      given: { object?: SealedObject; id?: string; kind?: AssetPartKind; expiresAt?: Date } = {},
      { mostKept = 500, now = at(1), to = place } = {},
    ) {
      const part = { id: newId(), kind: 'entry', object: newObject(), createdAt: now } as const;
      return parts.add(to, { ...part, createdByUserId: to.userId, ...given }, { mostKept, now });
    }

    const numbersOf = async (kind: AssetPartKind = 'entry', of = place) =>
      (await parts.list(of, { kind, limit: 1000 })).map(({ number }) => number);

    it('gives back what it was given, with a number, and moves the asset up', async () => {
      const object = newObject(77);
      const added = await add({ object }, { now: at(5) });
      expect(added).toEqual({
        part: {
          id: added?.part.id,
          assetId: place.assetId,
          kind: 'entry',
          number: 1,
          name: '',
          description: '',
          sizeBytes: 200,
          sealedSizeBytes: 77,
          createdAt: at(5),
          createdByUserId: project.userId,
          createdBy: project.userName,
        },
        isNew: true,
        destroyed: { numbers: [], digests: [], storedIds: [] },
      });
      expect(await parts.list(place, { kind: 'entry', limit: 10 })).toEqual([added?.part]);
      expect(await parts.list(place, { kind: 'version', limit: 10 })).toEqual([]);
      const [found] = await parts.findWithObjects(place, 'entry', [1, 2]);
      expect(found?.part).toEqual(added?.part);
      expect(found?.object).toMatchObject({ objectId: object.objectId, purpose: object.purpose });
      expect(found?.object?.segments.map(({ segmentId }) => segmentId)).toEqual(storedIdsOf(object));
      expect(await store.find(place)).toMatchObject({ updatedAt: at(5), revision: 1 });
    });

    it('leaves the content of the asset alone', async () => {
      const before = await store.findWithObject(place);
      const object = newObject();
      await add({ object });
      expect((await store.findWithObject(place))?.object?.objectId).toBe(before?.object?.objectId);
      const updated = await store.update(place, { object: newObject() }, at(2));
      expect(updated?.replacedObjectIds).toEqual(storedIdsOf(before?.object as SealedObject));
      expect(await store.referenced(project, storedIdsOf(object))).toEqual(new Set(storedIdsOf(object)));
    });

    it('adds the same id once, and refuses it under another asset', async () => {
      const id = newId();
      const first = await add({ id });
      const again = await add({ id, object: newObject(9) }, { now: at(9) });
      expect(again).toMatchObject({ isNew: false, part: first?.part });
      expect(await numbersOf()).toEqual([1]);
      const taken = { code: 'already-exists' };
      await expect(add({ id, kind: 'version' })).rejects.toMatchObject(taken);
      await expect(add({ id }, { to: placeOf(await newAsset()) })).rejects.toMatchObject(taken);
      const stranger = await harness.newProject();
      const theirs = { ...stranger, assetId: place.assetId };
      expect(await parts.list(theirs, { kind: 'entry', limit: 10 })).toEqual([]);
    });

    it('destroys the oldest of more than it keeps, and uses no number twice', async () => {
      const objects = [newObject(5), newObject(), newObject()];
      for (const object of objects) await add({ object }, { mostKept: 2 });
      expect(await numbersOf()).toEqual([3, 2]);
      const fourth = await add({}, { mostKept: 2 });
      const gone = objects[1] as SealedObject;
      expect(fourth?.destroyed).toMatchObject({
        numbers: [2],
        digests: [{ objectId: gone.objectId, sha256: Buffer.from(gone.sealedSha256).toString('hex') }],
      });
      expect([...(fourth?.destroyed.storedIds ?? [])].sort()).toEqual(storedIdsOf(gone).toSorted());
      expect(await store.referenced(project, objects.flatMap(storedIdsOf))).toEqual(
        new Set(storedIdsOf(objects[2] as SealedObject)),
      );
      await parts.delete(place, 'entry', 4);
      await add({}, { mostKept: 2 });
      expect(await numbersOf()).toEqual([5, 3]);
    });

    it('keeps exactly so many when many are added at once, each with a number of its own', async () => {
      const added = await Promise.all(Array.from({ length: 40 }, () => add({}, { mostKept: 25 })));
      expect(added.map((one) => one?.part.number ?? 0).sort((one, other) => one - other)).toEqual(
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
      expect(await numbersOf()).toHaveLength(25);
      expect(added.flatMap((one) => one?.destroyed.numbers ?? [])).toHaveLength(15);
    });

    it('pages from the newest, counts, and lists a whole project in order', async () => {
      const other = placeOf(await newAsset());
      for (let count = 0; count < 5; count += 1) await add();
      await add({}, { to: other });
      const page = await parts.list(place, { kind: 'entry', limit: 2, before: 4 });
      expect(page.map(({ number }) => number)).toEqual([3, 2]);
      const counts = await parts.count(project, [place.assetId, other.assetId, newId()], 'entry');
      expect(counts).toEqual(
        new Map([
          [place.assetId, 5],
          [other.assetId, 1],
        ]),
      );
      expect(await parts.count(project, [place.assetId], 'version')).toEqual(new Map());
      expect(await parts.count(project, [], 'entry')).toEqual(new Map());
      const all = await parts.listInProject(project, { limit: 100 });
      expect(all).toHaveLength(6);
      const middle = all[2];
      expect(await parts.listInProject(project, { limit: 2, ...(middle ? { after: middle } : {}) })).toEqual(
        all.slice(3, 5),
      );
    });

    it('lets a Viewer see parts and not open them, and shows nobody else any', async () => {
      await add();
      const viewer = { ...place, userId: await harness.newMember(project, { role: 'viewer' }) };
      expect(await numbersOf('entry', viewer)).toEqual([1]);
      expect(await parts.findWithObjects(viewer, 'entry', [1])).toMatchObject([{ object: undefined }]);
      expect(await add({}, { to: viewer })).toBeUndefined();
      expect(await parts.delete(viewer, 'entry', 1)).toBeUndefined();
      const outsider = { ...place, userId: await harness.newMember(project, undefined) };
      const stranger = { ...(await harness.newProject()), assetId: place.assetId };
      for (const nobody of [outsider, stranger]) {
        expect(await numbersOf('entry', nobody)).toEqual([]);
        expect(await parts.findWithObjects(nobody, 'entry', [1])).toEqual([]);
        expect(await parts.count(nobody, [place.assetId], 'entry')).toEqual(new Map());
        expect(await parts.listInProject(nobody, { limit: 10 })).toEqual([]);
        expect(await add({}, { to: nobody })).toBeUndefined();
        expect(await parts.delete(nobody, 'entry', 1)).toBeUndefined();
      }
      expect(await numbersOf()).toEqual([1]);
    });

    it('deletes one with its key, once', async () => {
      const object = newObject();
      await add({ object });
      await add();
      expect(await parts.delete(place, 'version', 1)).toBeUndefined();
      const gone = await parts.delete(place, 'entry', 1);
      expect(gone).toMatchObject({ numbers: [1], digests: [{ objectId: object.objectId, sealedSizeBytes: 1000 }] });
      expect(await parts.delete(place, 'entry', 1)).toBeUndefined();
      expect(await numbersOf()).toEqual([2]);
      expect(await store.referenced(project, storedIdsOf(object))).toEqual(new Set());
    });

    it('goes with its asset, whose deletion names its bytes', async () => {
      const object = newObject();
      await add({ object });
      const deleted = await store.delete(place);
      expect(deleted).toEqual(expect.arrayContaining([...storedIdsOf(object)]));
      expect(await store.referenced(project, storedIdsOf(object))).toEqual(new Set());
      expect(await parts.listInProject(project, { limit: 10 })).toEqual([]);
    });

    it('has what expired no more, and no part outlives its asset', async () => {
      const short = placeOf(await newAsset({ expiresAt: at(30) }));
      const object = newObject();
      await add({ object, expiresAt: at(20) }, { to: short });
      const late = await add({ expiresAt: at(90) }, { to: short });
      await add({}, { to: short });
      expect(late?.part.expiresAt).toEqual(at(30));
      harness.clock.set(new Date(at(20).getTime() - 1));
      expect(await numbersOf('entry', short)).toEqual([3, 2, 1]);
      harness.clock.set(at(20));
      expect(await numbersOf('entry', short)).toEqual([3, 2]);
      expect(await parts.findWithObjects(short, 'entry', [1])).toEqual([]);
      expect(await parts.count(project, [short.assetId], 'entry')).toEqual(new Map([[short.assetId, 2]]));
      expect(await parts.delete(short, 'entry', 1)).toBeUndefined();
      harness.clock.set(at(30));
      expect(await numbersOf('entry', short)).toEqual([]);
      expect(await add({}, { to: short })).toBeUndefined();

      const { accountId, projectId } = project;
      const expired = { accountId, projectId, assetId: short.assetId };
      expect(await parts.listExpired(accountId, at(19), 10)).toEqual([]);
      expect(await parts.listExpired(accountId, at(20), 10)).toEqual([expired]);
      expect((await parts.deleteExpired(expired, at(19), 10)).numbers).toEqual([]);
      const gone = await parts.deleteExpired(expired, at(20), 10);
      expect(gone).toMatchObject({ numbers: [1], digests: [{ objectId: object.objectId }] });
      expect([...gone.storedIds].sort()).toEqual(storedIdsOf(object).toSorted());
      expect((await parts.deleteExpired(expired, at(30), 1)).numbers).toEqual([2]);
      expect((await parts.deleteExpired(expired, at(30), 10)).numbers).toEqual([3]);
    });

    describe('with versions', () => {
      const save = (object = newObject(), more: object = {}, now = at(10), by = place) =>
        store.update(by, { object, ...more }, now);

      it('makes one of a content that is replaced, as it is sealed, where the settings say so', async () => {
        const [first, second] = [newObject(11), newObject(12)];
        place = placeOf(await newAsset({ object: first }));
        await save(second);
        expect(await numbersOf('version')).toEqual([]);
        await store.update(place, { settings: { keepsVersions: true } }, at(10));
        const saved = await save(newObject(13), {}, at(20));
        expect(saved).toMatchObject({ replacedObjectIds: [], destroyed: { numbers: [] } });
        const [version] = await parts.list(place, { kind: 'version', limit: 10 });
        expect(version).toMatchObject({ number: 1, sealedSizeBytes: 12, createdAt: at(10), createdBy: 'Ada' });
        const [opened] = await parts.findWithObjects(place, 'version', [1]);
        expect(opened?.object).toMatchObject({ objectId: second.objectId, purpose: second.purpose });
        expect((await store.findWithObject(place))?.object?.sealedSizeBytes).toBe(13);
      });

      it('makes one in any case when asked, also while autosaved', async () => {
        await store.update(place, { settings: { autosaves: true } }, at(1));
        for (const now of [at(2), at(3)]) await save(newObject(), { keepVersion: 'always' }, now);
        expect(await numbersOf('version')).toEqual([2, 1]);
      });

      it('while autosaved by one person, makes them minutes apart, and always of what somebody else saved', async () => {
        await store.update(place, { settings: { autosaves: true, keepsVersions: true } }, at(0));
        for (const second of [1, 2, 299, 300, 301]) await save(newObject(), {}, at(second));
        // The content of second 0, and the one of second 300, which the save of second 301 replaced.
        expect(await numbersOf('version')).toEqual([2, 1]);
        const colleague = { ...place, userId: await harness.newMember(project, { role: 'editor' }) };
        await save(newObject(), {}, at(302), colleague);
        await save(newObject(), {}, at(303));
        const versions = await parts.list(place, { kind: 'version', limit: 10 });
        expect(versions.map(({ createdAt }) => createdAt)).toEqual([at(302), at(301), at(300), at(0)]);
        expect(versions[0]?.createdByUserId).toBe(colleague.userId);
      });

      it('keeps so many at most', async () => {
        await store.update(place, { settings: { keepsVersions: true } }, at(0));
        const before = (await store.findWithObject(place))?.object as SealedObject;
        for (let count = 0; count < MOST_VERSIONS; count += 1) await save();
        const last = await save();
        expect(last?.destroyed).toMatchObject({ numbers: [1], digests: [{ objectId: before.objectId }] });
        expect(await numbersOf('version')).toHaveLength(MOST_VERSIONS);
      });
    });
  });
}
