import { describe, expect, it } from 'vitest';
import { createShares } from './shares.ts';

describe('shares', () => {
  /** Work that runs until it is let go. */
  function held() {
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const work = (label: string) => () => {
      started.push(label);
      return new Promise<string>((resolve) => ends.push(() => resolve(label)));
    };
    return { started, work, endNext: () => ends.shift()?.() };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('run so much of one name at once, the rest in order, and nobody else waits for it', async () => {
    const withinShare = createShares({ share: 2, longestWaitMs: 60_000 });
    const { started, work, endNext } = held();
    const all = ['a1', 'a2', 'a3', 'a4'].map((label) => withinShare('a', work(label)));
    all.push(withinShare('b', work('b1')));
    await settle();
    expect(started).toEqual(['a1', 'a2', 'b1']);
    endNext();
    await settle();
    expect(started).toEqual(['a1', 'a2', 'b1', 'a3']);
    for (let time = 0; time < 4; time += 1) {
      endNext();
      await settle();
    }
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  });

  it('give a place back when the work fails', async () => {
    const withinShare = createShares({ share: 1, longestWaitMs: 60_000 });
    for (let time = 0; time < 3; time += 1)
      await expect(withinShare('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withinShare('a', async () => 'yes')).toBe('yes');
  });

  it('refuse those who come when a thousand wait, and tell them when to come again', async () => {
    const withinShare = createShares({ share: 1, longestWaitMs: 60_000 });
    const { work, endNext } = held();
    const first = withinShare('a', work('first'));
    const waiting = Array.from({ length: 1000 }, () => withinShare('a', async () => 'done'));
    await expect(withinShare('a', async () => 'never')).rejects.toMatchObject({
      code: 'resource-exhausted',
      details: { retryAfterSeconds: 2 },
    });
    expect(await withinShare('b', async () => 'b')).toBe('b');
    endNext();
    await first;
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['done']));
  });

  it('refuse one that has waited too long, and keep its place for nobody', async () => {
    const withinShare = createShares({ share: 1, longestWaitMs: 10 });
    const { work, endNext } = held();
    const first = withinShare('a', work('first'));
    await expect(withinShare('a', async () => 'never')).rejects.toMatchObject({ code: 'resource-exhausted' });
    endNext();
    expect(await first).toBe('first');
    expect(await withinShare('a', async () => 'next')).toBe('next');
  });
});
