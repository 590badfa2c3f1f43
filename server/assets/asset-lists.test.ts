import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, Confidential, newId, silentLogger } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryStorage } from '../storage/testing.ts';
import { decodeAssetCursor, encodeAssetCursor } from './asset-cursor.ts';
import { assetSorts, sortOrders } from './asset-list-store.ts';
import type { AssetListRequest, AssetService } from './asset-service.ts';
import { readTags } from './asset-tags.ts';
import { MemoryAssetRecords } from './memory-asset-records.ts';
import { createMemoryAssets } from './testing.ts';

const actor: Actor = { userId: newId(), accountId: newId(), via: 'login-session' };
const projectId = newId();

describe('lists of assets', () => {
  let clock: ManualClock;
  let records: MemoryAssetRecords;
  let assets: AssetService;

  beforeEach(() => {
    clock = manualClock();
    const storage = createMemoryStorage({ keys: createMemoryKeys().service });
    records = new MemoryAssetRecords();
    assets = createMemoryAssets({ authorize: async () => {}, storage, clock, logger: silentLogger, records });
  });

  async function save(name: string, type = 'note'): Promise<string> {
    const content = Confidential.of<Uint8Array>(Buffer.from(name));
    const { id } = await assets.create(actor, projectId, { type, name, description: '', content });
    clock.advance(1000);
    return id;
  }

  async function pagesOf(request: AssetListRequest): Promise<string[][]> {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await assets.list(actor, projectId, { ...request, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return pages;
  }

  it('show every asset once over all pages, in each order', async () => {
    for (const name of ['c', 'A', 'b', 'a', 'B']) await save(name);
    expect(await pagesOf({ limit: 2 })).toEqual([['B', 'a'], ['b', 'A'], ['c']]);
    for (const sort of assetSorts) {
      for (const order of sortOrders) {
        const pages = await pagesOf({ sort, order, limit: 2 });
        expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
        expect(pages.flat().sort()).toEqual(['A', 'B', 'a', 'b', 'c']);
      }
    }
    expect((await pagesOf({ sort: 'name', limit: 5 })).flat().map((name) => name.toLowerCase())).toEqual([
      'a',
      'a',
      'b',
      'b',
      'c',
    ]);
  });

  it('show what nobody changes once also while others are saved, changed and deleted', async () => {
    const ids = [];
    for (const name of ['1', '2', '3', '4', '5', '6']) ids.push(await save(name));
    const first = await assets.list(actor, projectId, { limit: 2, withTotal: true });
    await assets.delete(actor, projectId, ids[4] ?? '');
    await assets.change(actor, projectId, ids[0] ?? '', { name: 'changed' });
    await save('new');
    const rest = await assets.list(actor, projectId, { limit: 200, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(['6', '5', '4', '3', '2']);
  });

  it('say how many there are with the first page, when asked', async () => {
    for (const name of ['1', '2', '3']) await save(name);
    const first = await assets.list(actor, projectId, { limit: 2, withTotal: true });
    expect(first.total).toEqual({ count: 3, isAll: true });
    const second = await assets.list(actor, projectId, { limit: 2, withTotal: true, cursor: first.nextCursor ?? '' });
    expect(second).not.toHaveProperty('total');
    expect((await assets.list(actor, projectId, { withTotal: true, search: '2' })).total?.count).toBe(1);
    expect(await assets.list(actor, projectId, {})).not.toHaveProperty('total');
  });

  it('count no further than a thousand', async () => {
    const one = await assets.get(actor, projectId, await save('0'));
    for (let number = 1; number < 1001; number += 1) {
      const asset = { ...one, id: newId(), name: `${number}` };
      records.assets.set(asset.id, { accountId: actor.accountId, asset });
    }
    const { total } = await assets.list(actor, projectId, { withTotal: true });
    expect(total).toEqual({ count: 1000, isAll: false });
    expect((await assets.list(actor, projectId, { withTotal: true, search: '1' })).total).toMatchObject({
      isAll: true,
    });
  });

  it('refuse what is no page of theirs', async () => {
    for (const name of ['1', '2']) await save(name);
    const { nextCursor: cursor = '' } = await assets.list(actor, projectId, { limit: 1 });
    const foreign = encodeAssetCursor({ sort: 'size', order: 'descending' }, { value: 'x', id: newId() });
    for (const request of [
      { cursor: 'x' },
      { cursor: `${cursor}=` },
      { cursor, sort: 'name' },
      { cursor, order: 'ascending' },
      { cursor: foreign, sort: 'size' },
      { limit: 0 },
      { limit: 201 },
      { createdByUserId: 'x' },
    ] as const) {
      await expect(assets.list(actor, projectId, request)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });
});

describe('a place in a list', () => {
  const order = { sort: 'name', order: 'ascending' } as const;

  it('comes back from its text, whatever the name is', () => {
    for (const value of ['', 'näme "quoted"', 'a b\n', '\u{1f642}']) {
      const position = { value, id: newId() };
      expect(decodeAssetCursor(encodeAssetCursor(order, position), order)).toEqual(position);
    }
  });

  it('is refused where the database could not read it', () => {
    const id = newId();
    const refused = [
      [order, { value: 'a\0', id }],
      [order, { value: 'a', id: 'x' }],
      [
        { ...order, sort: 'updated' },
        { value: '2026', id },
      ],
      [
        { ...order, sort: 'created' },
        { value: 'infinity', id },
      ],
      [
        { ...order, sort: 'size' },
        { value: '1e3', id },
      ],
      [
        { ...order, sort: 'size' },
        { value: '1.5', id },
      ],
    ] as const;
    for (const [sorted, position] of refused) {
      expect(() => decodeAssetCursor(encodeAssetCursor(sorted, position), sorted)).toThrow('cursor');
    }
  });
});

describe('tags', () => {
  it('are kept without blanks around them, each once', () => {
    expect(readTags([' tax ', 'Tax', '2026', 'tax'])).toEqual(['tax', '2026']);
    expect(readTags([])).toEqual([]);
    // As the contract counts: in UTF-16 units.
    expect(readTags(['\u{1f642}'.repeat(20)])).toHaveLength(1);
  });

  it('are 20 at most, of 1 to 40 characters', () => {
    const many = Array.from({ length: 21 }, (_, number) => `tag ${number}`);
    expect(readTags(many.slice(1))).toHaveLength(20);
    for (const tags of [many, [''], ['  '], ['a'.repeat(41)], ['\u{1f642}'.repeat(21)]]) {
      expect(() => readTags(tags)).toThrow('tags');
    }
  });
});
