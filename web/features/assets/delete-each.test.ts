import { describe, expect, it } from 'vitest';
import type { Asset } from '../../../contract/app/index.ts';
import { ApiError, unreachable } from '../../app/api/client.ts';
import { deleteEach, receiptsFile } from './delete-each.ts';

const named = (id: string): Asset => ({
  id,
  type: 'data-asset',
  name: `name of ${id}`,
  description: '',
  tags: [],
  mediaType: '',
  sealedSizeBytes: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdByUserId: 'u',
  createdBy: 'Ada',
  updatedAt: '2026-01-01T00:00:00.000Z',
});
const refused = (status: number) => new ApiError({ ...unreachable('It is locked.').problem, status });
const idsOf = (items: readonly { asset: Asset }[]) => items.map(({ asset }) => asset.id);

describe('deleting many assets', () => {
  it('goes on behind one that is refused, one at a time, and tells how far it is', async () => {
    const tried: string[] = [];
    const progress: number[] = [];
    let running = 0;
    const remove = async (id: string) => {
      running += 1;
      expect(running).toBe(1);
      tried.push(id);
      await Promise.resolve();
      running -= 1;
      if (id === 'b') throw refused(409);
      return { receipt: `receipt of ${id}` };
    };
    const outcome = await deleteEach(['a', 'b', 'c'].map(named), remove, (count) => progress.push(count));
    expect(tried).toEqual(['a', 'b', 'c']);
    expect(progress).toEqual([1, 2, 3]);
    expect(idsOf(outcome.deleted)).toEqual(['a', 'c']);
    expect(outcome.kept.map(({ error }) => error.problem.detail)).toEqual(['It is locked.']);
  });

  it.each([0, 401])('tries no more once the answer is %i, and keeps the receipts so far', async (status) => {
    const tried: string[] = [];
    const remove = async (id: string) => {
      tried.push(id);
      if (id === 'b') throw refused(status);
      return { receipt: 'r' };
    };
    const outcome = await deleteEach(['a', 'b', 'c'].map(named), remove, () => {});
    expect(tried).toEqual(['a', 'b']);
    expect(idsOf(outcome.deleted)).toEqual(['a']);
    expect(idsOf(outcome.kept)).toEqual(['b', 'c']);
  });

  it('writes the receipts without the names', () => {
    const text = receiptsFile([{ asset: named('a'), receipt: 'x.y.z' }]);
    expect(JSON.parse(text)).toEqual({ receipts: [{ assetId: 'a', receipt: 'x.y.z' }] });
    expect(text).not.toContain('name of');
  });
});
