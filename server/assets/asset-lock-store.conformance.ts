import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { randomSealedObject } from '../storage/testing.ts';
import type { AssetLockStore } from './asset-lock-store.ts';
import type { AssetProject, AssetStoreHarness } from './asset-store.conformance.ts';
import type { AssetPlace, AssetStore } from './asset-store.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second));

/** What every store of locks must do, and how the other stores heed it. */
export function assetLockStoreConformance(storeName: string, open: () => Promise<AssetStoreHarness>): void {
  describe(`the ${storeName} store of locks, as every one,`, () => {
    let harness: AssetStoreHarness;
    let store: AssetStore;
    let locks: AssetLockStore;
    let project: AssetProject;
    let place: AssetPlace;
    let colleague: AssetPlace;

    beforeAll(async () => {
      harness = await open();
      ({ store, locks } = harness);
    });
    beforeEach(async () => {
      harness.clock.set(at(0));
      project = await harness.newProject();
      const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId };
      const { id } = await store.insert(project, { ...asset, object: newObject() }, at(0));
      const { accountId, projectId, userId } = project;
      place = { accountId, projectId, userId, assetId: id };
      colleague = { ...place, userId: await harness.newMember(project, { role: 'editor' }) };
    });
    afterAll(() => harness.close());

    const newObject = () => randomSealedObject({ projectKeyId: project.projectKeyId });

    const editor = newId();
    const take = (by = place, given: { editorId?: string; force?: boolean; expiresAt?: Date } = {}, now = at(1)) =>
      locks.take(by, { editorId: editor, lockType: 'edit', force: false, ...given }, now);
    const save = (by = place, editorId?: string, now = at(2)) =>
      store.update(by, { object: newObject(), ...(editorId === undefined ? {} : { editorId }) }, now);
    const locked = { code: 'failed-precondition', details: { reason: 'asset-locked' } };

    it('is taken once, and renewed by the same editor of the same person', async () => {
      expect(await locks.find(place, at(0))).toBeUndefined();
      const taken = await take(place, { expiresAt: at(61) });
      expect(taken).toEqual({
        lock: {
          lockType: 'edit',
          userId: project.userId,
          heldBy: 'Ada',
          editorId: editor,
          takenAt: at(1),
          expiresAt: at(61),
        },
      });
      await expect(take(place, { editorId: newId() })).rejects.toMatchObject(locked);
      await expect(take(colleague)).rejects.toMatchObject(locked);
      const renewed = await take(place, { expiresAt: at(81) }, at(21));
      expect(renewed).toMatchObject({ lock: { takenAt: at(1), expiresAt: at(81) } });
      expect(await locks.find(colleague, at(80))).toEqual(renewed?.lock);
      expect(await locks.find(colleague, at(81))).toBeUndefined();
      expect(await take(colleague, {}, at(81))).not.toHaveProperty('takenFrom');
    });

    it('is taken by one of many at once', async () => {
      const taking = Array.from({ length: 8 }, () =>
        take(place, { editorId: newId() }).then(
          () => 'taken',
          (error: { details: { reason: string } }) => error.details.reason,
        ),
      );
      expect((await Promise.all(taking)).sort()).toEqual([...Array(7).fill('asset-locked'), 'taken']);
    });

    it('is given back by who has it alone', async () => {
      await take();
      await locks.giveBack(colleague, editor);
      await locks.giveBack(place, newId());
      expect(await locks.find(place, at(1))).toBeDefined();
      await locks.giveBack(place, editor);
      expect(await locks.find(place, at(1))).toBeUndefined();
      await locks.giveBack(place, editor);
    });

    it('keeps other editors from replacing the content, and nobody from changing names', async () => {
      await take(place, { expiresAt: at(61) });
      for (const [by, editorId] of [
        [colleague, editor],
        [place, newId()],
        [place, undefined],
      ] as const)
        await expect(save(by, editorId)).rejects.toMatchObject(locked);
      expect((await save(place, editor))?.asset.revision).toBe(2);
      expect((await store.update(colleague, { name: 'new' }, at(3)))?.asset).toMatchObject({ name: 'new' });
      expect((await save(colleague, undefined, at(61)))?.asset.revision).toBe(3);
    });

    it('tells who had it that it was taken over', async () => {
      const theirs = newId();
      const taken = await take();
      expect(await take(colleague, { editorId: theirs, force: true }, at(2))).toMatchObject({
        lock: { userId: colleague.userId, takenAt: at(2) },
        takenFrom: taken?.lock,
      });
      const over = { code: 'failed-precondition', details: { reason: 'lock-taken-over' } };
      await expect(save(place, editor)).rejects.toMatchObject(over);
      await take(colleague, { editorId: theirs }, at(3));
      await expect(save(place, editor)).rejects.toMatchObject(over);
      await expect(save(place, newId())).rejects.toMatchObject(locked);
      expect(await save(colleague, theirs)).toBeDefined();
    });

    it('keeps others from deleting the asset, and goes with it', async () => {
      await take();
      await expect(store.delete(colleague)).rejects.toMatchObject(locked);
      expect(await store.delete(place)).toBeDefined();
      expect(await locks.find(place, at(1))).toBeUndefined();
    });

    it('keeps bucket writers from the content while it is held', async () => {
      const userId = await harness.newMember(project, { bucket: 'writer' });
      const objectId = (await store.findWithObject(place))?.object?.objectId ?? expect.fail('no object');
      const writer = { ...project, userId };
      const put = (now: Date) => harness.objects.put(writer, objectId, newObject(), { now, mustExist: true });
      await take(place, { expiresAt: at(61) });
      await expect(put(at(2))).rejects.toMatchObject(locked);
      await expect(harness.objects.delete(writer, objectId, at(2))).rejects.toMatchObject(locked);
      expect(await store.find(place)).toMatchObject({ revision: 1 });
      await put(at(61));
      // Whoever edits it finds it changed.
      const stale = store.update(place, { object: newObject(), ifRevision: 1 }, at(62));
      await expect(stale).rejects.toMatchObject({ details: { reason: 'content-changed' } });
    });

    it('is seen by Viewers and taken by none, and is nowhere for others', async () => {
      const viewer = { ...place, userId: await harness.newMember(project, { role: 'viewer' }) };
      expect(await take(viewer)).toBeUndefined();
      await take();
      expect(await locks.find(viewer, at(1))).toMatchObject({ userId: project.userId });
      for (const nobody of [
        { ...place, userId: await harness.newMember(project, undefined) },
        { ...(await harness.newProject()), assetId: place.assetId },
      ]) {
        expect(await locks.find(nobody, at(1))).toBeUndefined();
        expect(await take(nobody, { force: true })).toBeUndefined();
      }
    });
  });
}
