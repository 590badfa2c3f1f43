import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, Confidential, newId, silentLogger } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryStorage } from '../storage/testing.ts';
import { decodeAssetCursor } from './asset-cursor.ts';
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
      records.assets.set(asset.id, { accountId: actor.accountId, asset, lastPartNumber: 0 });
    }
    const { total } = await assets.list(actor, projectId, { withTotal: true });
    expect(total).toEqual({ count: 1000, isAll: false });
    expect((await assets.list(actor, projectId, { withTotal: true, search: '1' })).total).toMatchObject({
      isAll: true,
    });
  });

  it('show every name that nobody changes, whatever happens to those at the end of a page', async () => {
    const ids = new Map<string, string>();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) ids.set(name, await save(name));
    const idOf = (name: string) => ids.get(name) ?? '';
    const { nextCursor: cursor = '' } = await assets.list(actor, projectId, { sort: 'name', limit: 6 });
    const next = async () => {
      const { items } = await assets.list(actor, projectId, { sort: 'name', cursor });
      return items.map(({ name }) => name);
    };
    await assets.delete(actor, projectId, idOf('f'));
    expect(await next()).toEqual(['g']);
    await assets.change(actor, projectId, idOf('e'), { name: 'zz' });
    expect(await next()).toEqual(['g', 'zz']);
    await assets.change(actor, projectId, idOf('d'), { name: '0' });
    expect(await next()).toEqual(['g', 'zz']);
    // Changed and still in its place: it comes once more, rather than that another is missed.
    await assets.change(actor, projectId, idOf('c'), { tags: ['new'] });
    expect(await next()).toEqual(['c', 'g', 'zz']);
    await assets.delete(actor, projectId, idOf('b'));
    await expect(next()).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('load the list from its start'),
    });
  });

  it('name nothing in their cursors', async () => {
    for (const name of ['heron', 'kestrel']) await save(name);
    for (const sort of assetSorts) {
      const { nextCursor = '' } = await assets.list(actor, projectId, { sort, limit: 1 });
      expect(Buffer.from(nextCursor, 'base64url').toString()).not.toMatch(/heron|kestrel/);
    }
  });

  it('refuse what is no page of theirs', async () => {
    for (const name of ['1', '2']) await save(name);
    const { nextCursor: cursor = '' } = await assets.list(actor, projectId, { limit: 1 });
    const foreign = asCursor(['size', 'descending', 'x', newId()]);
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
  it('is refused where the database could not read it', () => {
    const id = newId();
    const instant = '2026-11-24T12:00:00.000Z';
    const refused = [
      ['name', 'a', id],
      ['name', instant, 'x'],
      ['name', instant],
      ['name', ...Array.from({ length: 6 }, () => [instant, id]).flat()],
      ['updated', '2026', id],
      ['updated', instant, id, instant, id],
      ['created', 'infinity', id],
      ['size', '1e3', id],
      ['size', '1.5', id],
      ['size'],
    ] as const;
    for (const [sort, ...place] of refused) {
      const cursor = asCursor([sort, 'ascending', ...place]);
      expect(() => decodeAssetCursor(cursor, { sort, order: 'ascending' })).toThrow('cursor');
    }
    expect(decodeAssetCursor(asCursor(['size', 'ascending', '1', id]), { sort: 'size', order: 'ascending' })).toEqual({
      value: '1',
      id,
    });
  });
});

function asCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

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
