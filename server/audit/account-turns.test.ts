import { beforeEach, describe, expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../core/testing.ts';
import { type AccountTurns, createAccountTurns } from './account-turns.ts';

describe('turns at the chain of an account', () => {
  let clock: ManualClock;
  let written: (readonly string[])[];
  let write: () => Promise<void>;
  let turns: AccountTurns<string>;

  beforeEach(() => {
    clock = manualClock();
    written = [];
    write = async () => {};
    turns = createAccountTurns({
      clock,
      write: async (accountId, entries) => {
        written.push([accountId, ...entries]);
        await write();
      },
    });
  });

  /** A turn that lasts until it is let go. */
  function heldTurn(accountId = 'a') {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    return { taken: turns.take(accountId, () => held), letGo };
  }
  const refusal = { code: 'resource-exhausted', details: { retryAfterSeconds: 2 } };

  it('come one after the other, in order, and each account has its own', async () => {
    const order: string[] = [];
    const { taken, letGo } = heldTurn();
    const later = ['one', 'two'].map((name) => turns.take('a', async () => order.push(name)));
    await turns.take('b', async () => order.push('b'));
    expect(order).toEqual(['b']);
    letGo();
    await Promise.all([taken, ...later]);
    expect(order).toEqual(['b', 'one', 'two']);
  });

  it('write what waits together, a hundred at most, and each caller hears of its own batch', async () => {
    const { taken, letGo } = heldTurn();
    const added = Array.from({ length: 250 }, (_, index) => turns.add('a', `${index}`));
    letGo();
    await Promise.all([taken, ...added]);
    expect(written.map(([, ...entries]) => entries.length)).toEqual([100, 100, 50]);
    expect(written.flatMap(([, ...entries]) => entries)).toEqual(Array.from({ length: 250 }, (_, index) => `${index}`));
  });

  it('put nothing into a batch that is being written', async () => {
    let letGo = () => {};
    write = () =>
      new Promise((resolve) => {
        letGo = resolve;
      });
    const first = turns.add('a', 'first');
    await new Promise((resolve) => setImmediate(resolve));
    const second = turns.add('a', 'second');
    expect(written).toEqual([['a', 'first']]);
    write = async () => {};
    letGo();
    await Promise.all([first, second]);
    expect(written).toEqual([
      ['a', 'first'],
      ['a', 'second'],
    ]);
  });

  it('go on after one that failed, and tell everybody of a batch that failed', async () => {
    await expect(turns.take('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    write = () => Promise.reject(new Error('not written'));
    const failed = await Promise.allSettled([turns.add('a', 'one'), turns.add('a', 'two')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    write = async () => {};
    await turns.add('a', 'three');
    expect(written.at(-1)).toEqual(['a', 'three']);
  });

  it('tell whoever is in one that they are, until it is over', async () => {
    let later: Promise<boolean> | undefined;
    let letGo = () => {};
    const isOver = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await turns.take('a', async () => {
      expect([turns.isInside('a'), turns.isInside('b')]).toEqual([true, false]);
      later = isOver.then(() => turns.isInside('a'));
    });
    letGo();
    expect(await later).toBe(false);
    expect(turns.isInside('a')).toBe(false);
  });

  it('refuse whoever comes when a thousand are in line, and nobody of another account', async () => {
    const { taken, letGo } = heldTurn();
    const waiting = Array.from({ length: 999 }, (_, index) => turns.add('a', `${index}`));
    await expect(turns.add('a', 'too many')).rejects.toMatchObject(refusal);
    await expect(turns.take('a', async () => {})).rejects.toMatchObject(refusal);
    await turns.add('b', 'in time');
    letGo();
    await Promise.all([taken, ...waiting]);
    await turns.add('a', 'again');
    expect(written.flat()).not.toContain('too many');
  });

  it('refuse those that have waited too long, so that a database that hangs is not asked once for each', async () => {
    const { taken, letGo } = heldTurn();
    const waiting = Promise.allSettled([turns.take('a', async () => {}), turns.add('a', 'late')]);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(11_000);
    letGo();
    await taken;
    expect(await waiting).toMatchObject([{ reason: refusal }, { reason: refusal }]);
    expect(written).toEqual([]);
    await turns.add('a', 'later');
    expect(written).toEqual([['a', 'later']]);
  });
});
