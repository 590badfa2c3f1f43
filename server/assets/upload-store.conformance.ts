import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { Segment } from '../storage/index.ts';
import type { AssetProject, AssetStoreHarness } from './asset-store.conformance.ts';
import type { NewUpload, UploadPlace, UploadStore } from './upload-store.ts';

export type UploadStoreHarness = AssetStoreHarness & {
  /** Over the same rows as `store`. */
  readonly uploads: UploadStore;
};

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second));

/** What every store of uploads must do. */
export function uploadStoreConformance(storeName: string, open: () => Promise<UploadStoreHarness>): void {
  describe(`the ${storeName} store of uploads, as every one,`, () => {
    let harness: UploadStoreHarness;
    let uploads: UploadStore;
    let project: AssetProject;

    beforeAll(async () => {
      harness = await open();
      uploads = harness.uploads;
    });
    beforeEach(async () => {
      project = await harness.newProject();
    });
    afterAll(() => harness.close());

    function newUpload(change: Partial<NewUpload> = {}, owner = project): NewUpload {
      const header = { objectId: newId(), purpose: 'asset-content', projectKeyId: owner.projectKeyId };
      return {
        id: newId(),
        type: 'data-asset',
        name: 'records.jsonl',
        description: 'about it',
        tags: ['a', 'b "quoted"'],
        mediaType: 'text/csv',
        lengthBytes: 5_000_000_000,
        createdAt: at(0),
        expiresAt: at(30),
        header: { ...header, wrappedKey: randomBytes(65) },
        ...change,
      };
    }

    async function begin(change: Partial<NewUpload> = {}): Promise<NewUpload & { readonly place: UploadPlace }> {
      const upload = newUpload(change);
      expect(await uploads.insert(project, upload, 100)).toBe(true);
      return { ...upload, place: { ...project, uploadId: upload.id } };
    }

    function segmentAt(number: number, offsetBytes: number, sizeBytes = 1000): Segment {
      const sealed = { sealedSizeBytes: sizeBytes + 300, sealedSha256: randomBytes(32) };
      return { number, segmentId: newId(), offsetBytes, sizeBytes, ...sealed };
    }

    const plain = (segments: readonly Segment[] | undefined) =>
      segments?.map((segment) => ({ ...segment, sealedSha256: Buffer.from(segment.sealedSha256).toString('hex') }));

    it('gives back what it was given, and how far it is', async () => {
      const { place, header, type, ...upload } = await begin();
      const shown = { ...upload, offsetBytes: 0 };
      expect(await uploads.list(project, 10)).toEqual([shown]);
      const found = await uploads.find(place);
      expect(found).toMatchObject({ ...shown, type, nextNumber: 0 });
      expect({ ...found?.header, wrappedKey: Buffer.from(found?.header.wrappedKey ?? []) }).toEqual(header);
    });

    it('lets a person begin so many and no more, however many at once', async () => {
      const colleague = { ...project, userId: await harness.newMember(project, { role: 'editor' }) };
      await uploads.insert(colleague, newUpload(), 1);
      const begun = await Promise.all(Array.from({ length: 8 }, () => uploads.insert(project, newUpload(), 3)));
      expect(begun.filter((isKept) => isKept)).toHaveLength(3);
      expect(await uploads.list(project, 10)).toHaveLength(3);
      expect(await uploads.insert(project, newUpload(), 3)).toBe(false);
      expect(await uploads.insert(project, newUpload(), 4)).toBe(true);
    });

    it('goes on where it is, and nowhere else', async () => {
      const { place } = await begin();
      const [first, second] = [segmentAt(0, 0), segmentAt(1, 1000, 3_000_000_000)];
      expect(await uploads.advance(place, first, at(40))).toBe(true);
      expect(await uploads.advance(place, segmentAt(0, 0), at(50))).toBe(false);
      expect(await uploads.advance(place, segmentAt(1, 999), at(50))).toBe(false);
      expect(await uploads.advance(place, second, at(60))).toBe(true);
      expect(await uploads.find(place)).toMatchObject({ offsetBytes: 3_000_001_000, nextNumber: 2, expiresAt: at(60) });
      const ids = [first.segmentId, second.segmentId];
      expect(await harness.store.referenced(project, [...ids, newId()])).toEqual(new Set(ids));
    });

    it('lets one of many at once go on from the same place', async () => {
      const { place } = await begin();
      const all = Array.from({ length: 6 }, () => segmentAt(0, 0));
      const results = await Promise.all(all.map((segment) => uploads.advance(place, segment, at(40))));
      const kept = all.filter((_, index) => results[index] === true);
      expect(kept).toHaveLength(1);
      expect(plain(await uploads.take(place, 1000))).toEqual(plain(kept));
    });

    it('hands its segments over once, where it is', async () => {
      const { place } = await begin();
      const segments = Array.from({ length: 12 }, (_, number) => segmentAt(number, number * 1000));
      for (const segment of segments) await uploads.advance(place, segment, at(40));
      const within = (start: number, endExclusive: number) => uploads.segments(place, { start, endExclusive });
      expect(plain(await within(0, 12_000))).toEqual(plain(segments));
      expect(plain(await within(999, 2001))).toEqual(plain(segments.slice(0, 3)));
      expect(plain(await within(1000, 2000))).toEqual(plain(segments.slice(1, 2)));
      expect(plain(await within(11_500, 11_501))).toEqual(plain(segments.slice(11)));
      expect(await within(12_000, 20_000)).toEqual([]);
      expect(await uploads.take(place, 11_000)).toBeUndefined();
      expect(plain(await uploads.take(place, 12_000))).toEqual(plain(segments));
      expect(await uploads.take(place, 12_000)).toBeUndefined();
      expect(await uploads.find(place)).toBeUndefined();
      expect(await within(0, 12_000)).toEqual([]);
      const ids = segments.map(({ segmentId }) => segmentId);
      expect(await harness.store.referenced(project, ids)).toEqual(new Set());
    });

    it('is deleted once, with its segments', async () => {
      const { place } = await begin();
      const segment = segmentAt(0, 0);
      await uploads.advance(place, segment, at(40));
      expect(plain(await uploads.delete(place))).toEqual(plain([segment]));
      expect(await uploads.delete(place)).toBeUndefined();
      expect(await uploads.advance(place, segmentAt(1, 1000), at(50))).toBe(false);
      expect(await harness.store.referenced(project, [segment.segmentId])).toEqual(new Set());
    });

    it('is nobody else’s, whatever they may do in the project', async () => {
      const { place } = await begin();
      await uploads.advance(place, segmentAt(0, 0), at(40));
      const other = await harness.newProject();
      const colleague = { ...place, userId: await harness.newMember(project, { role: 'editor' }) };
      const viewer = { ...place, userId: await harness.newMember(project, { role: 'viewer' }) };
      for (const stranger of [
        colleague,
        viewer,
        { ...other, uploadId: place.uploadId },
        { ...place, projectId: other.projectId },
        { ...place, accountId: other.accountId },
      ]) {
        expect(await uploads.find(stranger)).toBeUndefined();
        expect(await uploads.list(stranger, 10)).toEqual([]);
        expect(await uploads.segments(stranger, { start: 0, endExclusive: 1000 })).toEqual([]);
        expect(await uploads.advance(stranger, segmentAt(1, 1000), at(40))).toBe(false);
        expect(await uploads.take(stranger, 1000)).toBeUndefined();
        expect(await uploads.delete(stranger)).toBeUndefined();
      }
      await expect(uploads.insert(viewer, newUpload(), 100)).rejects.toMatchObject({ code: 'not-found' });
      expect(await uploads.find(place)).toMatchObject({ offsetBytes: 1000 });
    });

    it('lists the newest first', async () => {
      const ids: string[] = [];
      for (const second of [1, 2, 3]) ids.unshift((await begin({ createdAt: at(second) })).id);
      expect((await uploads.list(project, 10)).map(({ id }) => id)).toEqual(ids);
      expect((await uploads.list(project, 2)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    });

    it('goes when it has expired, with its segments, whoever began it', async () => {
      const [old, young] = [await begin({ expiresAt: at(10) }), await begin({ expiresAt: at(20) })];
      const segment = segmentAt(0, 0);
      await uploads.advance(old.place, segment, at(10));
      expect(await uploads.listExpired(project, at(10))).toEqual([]);
      const other = await harness.newProject();
      expect(await uploads.listExpired(other, at(15))).toEqual([]);
      expect(await uploads.listExpired(project, at(15))).toEqual([old.id]);
      expect(await uploads.deleteExpired(project, old.id, at(10))).toBeUndefined();
      expect(await uploads.deleteExpired(project, young.id, at(15))).toBeUndefined();
      expect(await uploads.deleteExpired(other, old.id, at(15))).toBeUndefined();
      expect(plain(await uploads.deleteExpired(project, old.id, at(15)))).toEqual(plain([segment]));
      expect(await uploads.deleteExpired(project, old.id, at(15))).toBeUndefined();
      expect(await uploads.listExpired(project, at(15))).toEqual([]);
      expect((await uploads.list(project, 10)).map(({ id }) => id)).toEqual([young.id]);
    });
  });
}
