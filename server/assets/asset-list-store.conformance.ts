import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { randomSealedObject } from '../storage/testing.ts';
import {
  type AssetListQuery,
  type AssetListStore,
  type AssetPosition,
  assetSorts,
  sortOrders,
} from './asset-list-store.ts';
import type { AssetProject, AssetStoreHarness } from './asset-store.conformance.ts';
import type { Asset } from './asset-store.ts';

export type AssetListStoreHarness = AssetStoreHarness & { readonly lists: AssetListStore };

type Given = Partial<Pick<Asset, 'name' | 'type' | 'description' | 'tags' | 'sizeBytes' | 'sealedSizeBytes'>>;

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second));
const newestFirst = { sort: 'updated', order: 'descending', limit: 200 } as const;

/** What every store that lists assets must do. */
export function assetListStoreConformance(storeName: string, open: () => Promise<AssetListStoreHarness>): void {
  describe(`the ${storeName} store of asset lists, as every one,`, () => {
    let harness: AssetListStoreHarness;
    let project: AssetProject;

    beforeAll(async () => {
      harness = await open();
    });
    beforeEach(async () => {
      project = await harness.newProject();
    });
    afterAll(() => harness.close());

    function insert({ sizeBytes, sealedSizeBytes = 1000, ...given }: Given = {}, now = at(0), person = project) {
      const random = randomSealedObject({ projectKeyId: person.projectKeyId, sealedSizeBytes });
      const { sizeBytes: _, ...object } = random;
      return harness.store.insert(
        person,
        {
          id: newId(),
          type: 'note',
          name: 'a name',
          description: '',
          ...given,
          createdByUserId: person.userId,
          object: sizeBytes === undefined ? object : { ...object, sizeBytes },
        },
        now,
      );
    }

    async function assetsOf(query: Partial<AssetListQuery> = {}, person = project): Promise<readonly Asset[]> {
      const found = await harness.lists.list(person, { ...newestFirst, ...query });
      return found.map(({ asset }) => asset);
    }

    const namesOf = async (query: Partial<AssetListQuery> = {}) => (await assetsOf(query)).map(({ name }) => name);

    it('gives every asset as the asset store does', async () => {
      const kept = await insert({ name: 'Näme', description: 'about it', tags: ['b', 'a'], sizeBytes: 990 });
      expect(await assetsOf()).toEqual([kept]);
      expect(kept).toMatchObject({ tags: ['b', 'a'], sizeBytes: 990, createdBy: project.userName });
      expect(await harness.store.find({ ...project, assetId: kept.id })).toEqual(kept);
    });

    it('lists in each order, in both directions', async () => {
      const first = await insert({ name: 'b', sizeBytes: 5_000_000_000 }, at(1));
      await insert({ name: 'C', sizeBytes: 30 }, at(2));
      await insert({ name: 'ä', sealedSizeBytes: 900 }, at(3));
      await insert({ name: 'A', sizeBytes: 1001 }, at(4));
      await harness.store.update({ ...project, assetId: first.id }, { description: 'new' }, at(5));
      const expected = {
        updated: ['C', 'ä', 'A', 'b'],
        created: ['b', 'C', 'ä', 'A'],
        name: ['A', 'b', 'C', 'ä'],
        // What was saved before the size of contents was kept goes by the size of its sealed object.
        size: ['C', 'ä', 'A', 'b'],
      };
      for (const sort of assetSorts) {
        expect(await namesOf({ sort, order: 'ascending' }), sort).toEqual(expected[sort]);
        expect(await namesOf({ sort, order: 'descending' }), sort).toEqual(expected[sort].toReversed());
      }
      expect(await namesOf({ limit: 2 })).toEqual(['b', 'A']);
    });

    it('goes on after a place in each order, also between equals', async () => {
      for (const [name, second] of [
        ['n', 1],
        ['N', 1],
        ['n', 1],
        ['b \u{1f642}', 2],
        ['b \uffee', 2],
        ['n', 3],
      ] as const) {
        await insert({ name, sizeBytes: second }, at(second));
      }
      for (const sort of assetSorts) {
        for (const order of sortOrders) {
          const whole = await harness.lists.list(project, { sort, order, limit: 200 });
          expect(whole).toHaveLength(6);
          for (const [index, { position }] of whole.entries()) {
            expect(await idsAfter(position, { sort, order }), `${sort} ${order}`).toEqual(
              whole.slice(index + 1).map(({ asset }) => asset.id),
            );
          }
        }
      }
    });

    async function idsAfter(after: AssetPosition, query: Partial<AssetListQuery>) {
      return (await assetsOf({ ...query, after })).map(({ id }) => id);
    }

    it('goes on where it was when the asset of that place is deleted or changed', async () => {
      const kept = [];
      for (const name of ['a', 'b', 'c']) kept.push(await insert({ name }));
      const byName = { sort: 'name', order: 'ascending' } as const;
      const [first] = await harness.lists.list(project, { ...byName, limit: 1 });
      await harness.store.update({ ...project, assetId: first?.asset.id ?? '' }, { name: 'z' }, at(1));
      expect((await assetsOf({ ...byName, after: first?.position as AssetPosition })).map(({ name }) => name)).toEqual([
        'b',
        'c',
        'z',
      ]);
      await harness.store.delete({ ...project, assetId: first?.asset.id ?? '' });
      expect(await idsAfter(first?.position as AssetPosition, byName)).toEqual(kept.slice(1).map(({ id }) => id));
    });

    it('finds where assets are in an order, and none that is not there', async () => {
      const kept = [await insert({ name: 'B', sizeBytes: 7 }, at(1)), await insert({ name: 'a', sizeBytes: 9 }, at(2))];
      const other = await harness.newProject();
      const foreign = await insert({ name: 'foreign' }, at(0), other);
      const gone = await insert({ name: 'gone' });
      await harness.store.delete({ ...project, assetId: gone.id });
      const ids = [...kept.map(({ id }) => id), foreign.id, gone.id, newId()];
      for (const sort of assetSorts) {
        const listed = await harness.lists.list(project, { sort, order: 'ascending', limit: 200 });
        const found = await harness.lists.find(project, ids, sort);
        expect(new Set(found), sort).toEqual(new Set(listed));
        expect(found).toHaveLength(2);
      }
    });

    it('finds text in names, descriptions and tags, whatever the letter case, and takes every character as it is', async () => {
      for (const name of ['100% sure', '100 sure', 'a_b', 'aXb', 'back\\slash', 'Summary', 'Über'])
        await insert({ name });
      await insert({ name: 'described', description: 'Cases of the CLINIC' });
      await insert({ name: 'tagged', tags: ['first', 'Oncology 2026'] });
      expect(await namesOf({ search: '0%' })).toEqual(['100% sure']);
      expect(await namesOf({ search: 'a_b' })).toEqual(['a_b']);
      expect(await namesOf({ search: 'k\\s' })).toEqual(['back\\slash']);
      expect(await namesOf({ search: 'sUMM' })).toEqual(['Summary']);
      expect(await namesOf({ search: 'über' })).toEqual(['Über']);
      expect(await namesOf({ search: 'the clinic' })).toEqual(['described']);
      expect(await namesOf({ search: 'oncology' })).toEqual(['tagged']);
      // Not across two tags.
      expect(await namesOf({ search: 'firstonc' })).toEqual([]);
      expect(await namesOf({ search: "'; drop table assets; --" })).toEqual([]);
    });

    it('filters by type, tag and person, all of them together', async () => {
      const userId = await harness.newMember(project, { role: 'editor' });
      const other = { ...project, userId };
      await insert({ name: 'a note', tags: ['tax', '2026'] });
      await insert({ name: 'a table', type: 'table', tags: ['tax'] });
      await insert({ name: "another's note", tags: ['Tax'] }, at(0), other);
      expect(await namesOf({ type: 'table' })).toEqual(['a table']);
      expect((await namesOf({ tag: 'tax' })).sort()).toEqual(['a note', 'a table']);
      expect(await namesOf({ tag: 'ta' })).toEqual([]);
      expect(await namesOf({ createdByUserId: userId })).toEqual(["another's note"]);
      expect(await namesOf({ createdByUserId: project.userId, tag: 'tax', type: 'note', search: 'NOTE' })).toEqual([
        'a note',
      ]);
      expect(await namesOf({ createdByUserId: newId() })).toEqual([]);
    });

    it('follows changes of tags', async () => {
      const kept = await insert({ tags: ['old'] });
      const updated = await harness.store.update({ ...project, assetId: kept.id }, { tags: ['new', 'more'] }, at(1));
      expect(updated?.asset).toEqual({ ...kept, tags: ['new', 'more'], updatedAt: at(1) });
      expect(await namesOf({ tag: 'old' })).toEqual([]);
      expect(await namesOf({ tag: 'more' })).toEqual(['a name']);
    });

    it('counts what a filter means, and no further than told', async () => {
      for (const tag of ['a', 'a', 'b']) await insert({ tags: [tag] });
      expect(await harness.lists.count(project, {}, 10)).toBe(3);
      expect(await harness.lists.count(project, { tag: 'a' }, 10)).toBe(2);
      expect(await harness.lists.count(project, {}, 2)).toBe(2);
      expect(await harness.lists.count(project, { search: 'nothing' }, 2)).toBe(0);
    });

    it('shows a Viewer everything, and nobody anything who has no role in the project', async () => {
      const kept = await insert();
      const viewer = { ...project, userId: await harness.newMember(project, { role: 'viewer' }) };
      expect(await assetsOf({}, viewer)).toEqual([kept]);
      const other = await harness.newProject();
      const strangers = [
        other,
        { ...project, accountId: other.accountId },
        { ...project, userId: other.userId },
        { ...project, userId: await harness.newMember(project, undefined) },
        { ...project, userId: await harness.newMember(project, { bucket: 'reader' }) },
        { ...project, userId: await harness.newMember(project, { bucket: 'writer' }) },
      ];
      for (const stranger of strangers) {
        expect(await assetsOf({}, stranger)).toEqual([]);
        expect(await harness.lists.count(stranger, {}, 10)).toBe(0);
        expect(await harness.lists.find(stranger, [kept.id], 'name')).toEqual([]);
      }
    });
  });
}
