import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MOST_LISTED, sumDigests } from '../audit/index.ts';
import { newId } from '../core/index.ts';
import { storedIdsOf } from '../storage/index.ts';
import { randomSealedObject } from '../storage/testing.ts';
import type { AssetProject } from './asset-store.conformance.ts';
import type { BucketObjectStoreHarness } from './bucket-object-store.conformance.ts';
import { digestsOfUpload, type SealedDigestStore } from './sealed-digest-store.ts';
import type { UploadStore } from './upload-store.ts';

export type SealedDigestStoreHarness = BucketObjectStoreHarness & {
  /** Over the same rows as `store` and `objects`. */
  readonly digests: SealedDigestStore;
  readonly uploads: UploadStore;
};

const now = new Date(Date.UTC(2026, 10, 24, 12));

/** What every store of digests must do. */
export function sealedDigestStoreConformance(storeName: string, open: () => Promise<SealedDigestStoreHarness>): void {
  describe(`the ${storeName} store of digests, as every one,`, () => {
    let harness: SealedDigestStoreHarness;
    let project: AssetProject;

    beforeAll(async () => {
      harness = await open();
    });
    beforeEach(async () => {
      project = await harness.newProject();
    });
    afterAll(() => harness.close());

    function newSealed(sealedSizeBytes: number) {
      const random = { wrappedKey: randomBytes(65), sealedSha256: randomBytes(32) };
      const whole = { objectId: newId(), purpose: 'test', projectKeyId: project.projectKeyId, segments: [] };
      return { ...whole, sealedSizeBytes, ...random };
    }

    async function saveAsset(sealedSizeBytes = 50) {
      const sealed = newSealed(sealedSizeBytes);
      const metadata = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId };
      const asset = await harness.store.insert(project, { ...metadata, object: sealed }, now);
      return { place: { ...project, assetId: asset.id }, digest: digestOf(sealed.objectId, sealed), sealed };
    }

    async function putObject(sealedSizeBytes = 70) {
      const [objectId, sealed] = [newId(), newSealed(sealedSizeBytes)];
      await harness.objects.put(project, objectId, sealed, { now, mustExist: false });
      return { objectId, digest: digestOf(objectId, sealed), sealed };
    }

    const digestOf = (objectId: string, sealed: ReturnType<typeof newSealed>) => ({
      objectId,
      sealedSizeBytes: sealed.sealedSizeBytes,
      sha256: sealed.sealedSha256.toString('hex'),
    });
    const as = async (access: Parameters<typeof harness.newMember>[1]) => ({
      ...project,
      userId: await harness.newMember(project, access),
    });

    it('tells of an asset, and of one without content that there is nothing', async () => {
      const { place, digest } = await saveAsset();
      expect(await harness.digests.ofAsset(place)).toEqual(sumDigests([digest]));
      await harness.objects.delete(project, digest.objectId, now);
      expect(await harness.digests.ofAsset(place)).toEqual(sumDigests([]));
    });

    it('tells of an object, the asset’s or its own', async () => {
      const [asset, object] = [await saveAsset(), await putObject()];
      expect(await harness.digests.ofObject(project, asset.digest.objectId, now)).toEqual(sumDigests([asset.digest]));
      const writer = await as({ bucket: 'writer' });
      expect(await harness.digests.ofObject(writer, object.objectId, now)).toEqual(sumDigests([object.digest]));
    });

    it('tells nobody of what they may not delete', async () => {
      const [{ place }, { objectId }] = [await saveAsset(), await putObject()];
      const other = await harness.newProject();
      const few = [await as({ role: 'viewer' }), await as({ bucket: 'reader' }), await as(undefined)];
      for (const scope of [...few, { ...project, projectId: other.projectId }, other]) {
        expect(await harness.digests.ofAsset({ ...place, ...scope })).toBeUndefined();
        expect(await harness.digests.ofObject(scope, objectId, now)).toBeUndefined();
      }
      for (const scope of [...few, await as({ role: 'editor' }), { ...project, userId: other.userId }])
        await expect(harness.digests.ofKey(scope)).rejects.toMatchObject({ code: 'not-found' });
      expect(await harness.digests.ofAsset({ ...place, assetId: newId() })).toBeUndefined();
      expect(await harness.digests.ofObject(project, newId(), now)).toBeUndefined();
    });

    it('tells whoever manages a project’s key which bytes it sealed, in one message or in segments', async () => {
      const admin = await as({ role: 'admin' });
      expect(await harness.digests.storedIds(admin)).toEqual(new Map());
      const whole = [(await saveAsset()).sealed, (await putObject()).sealed].map(({ objectId }) => objectId);
      const inSegments = randomSealedObject({ projectKeyId: project.projectKeyId });
      await harness.objects.put(project, newId(), inSegments, { now, mustExist: false });
      const stored = await harness.digests.storedIds(admin);
      expect([...stored.keys()]).toEqual([project.projectId]);
      expect(stored.get(project.projectId)?.toSorted()).toEqual([...whole, ...storedIdsOf(inSegments)].toSorted());
      for (const scope of [await as({ role: 'editor' }), await as({ bucket: 'writer' }), await as(undefined)])
        await expect(harness.digests.storedIds(scope)).rejects.toMatchObject({ code: 'permission-denied' });
    });

    it('counts an upload that is under way as the object that it would become, whoever began it', async () => {
      const [{ digest }, editor] = [await saveAsset(), await as({ role: 'editor' })];
      const header = {
        objectId: newId(),
        purpose: 'test',
        projectKeyId: project.projectKeyId,
        wrappedKey: randomBytes(65),
      };
      const times = { createdAt: now, expiresAt: new Date(now.getTime() + 1000) };
      const words = { type: 'note', name: 'n', description: '', tags: [], mediaType: '' };
      const begun = { id: newId(), ...words, ...times, lengthBytes: 3000, header };
      const upload = { ...editor, uploadId: begun.id };
      await harness.uploads.insert(editor, begun, 10);
      const admin = await as({ role: 'admin' });
      expect(await harness.digests.ofKey(admin)).toEqual(sumDigests([digest]));
      const segments = [0, 1].map((number) => ({
        ...{ number, segmentId: newId(), offsetBytes: number * 1000, sizeBytes: 1000 },
        ...{ sealedSizeBytes: 1100, sealedSha256: randomBytes(32) },
      }));
      for (const segment of segments) await harness.uploads.advance(upload, segment, times.expiresAt);
      const ofUpload = digestsOfUpload(begun.id, segments);
      expect(ofUpload).toMatchObject([{ objectId: begun.id, sealedSizeBytes: 2200 }]);
      const { sealed, ...sums } = await harness.digests.ofKey(admin);
      expect(sealed).toEqual(expect.arrayContaining([digest, ...ofUpload]));
      expect(sums).toMatchObject({ sealedObjects: 2, sealedSizeBytes: digest.sealedSizeBytes + 2200 });
      expect(sums.sealedSha256).toBe(sumDigests([digest, ...ofUpload]).sealedSha256);
    });

    it('tells of everything in a project, each while they are few, and their sum in any case', async () => {
      const admin = await as({ role: 'admin' });
      const saved = [(await saveAsset()).digest, (await putObject()).digest];
      const { sealed, ...sums } = await harness.digests.ofKey(admin);
      expect(sums).toEqual((({ sealed: _, ...rest }) => rest)(sumDigests(saved)));
      expect(sealed).toHaveLength(2);
      expect(sealed).toEqual(expect.arrayContaining(saved));
      while (saved.length <= MOST_LISTED) saved.push((await putObject(saved.length)).digest);
      expect(await harness.digests.ofKey(admin)).toEqual(sumDigests(saved));
      expect(sumDigests(saved).sealed).toBeUndefined();
    });
  });
}
