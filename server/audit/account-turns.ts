import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError, type Clock } from '../core/index.ts';

const MOST_IN_LINE = 1_000;
const LONGEST_WAIT_MS = 10_000;
const LARGEST_BATCH = 100;

/**
 * The line of those who want to append to an account's chain, inside this process: one at a time, in order. They wait here and not at the row
 * that they lock in turns, where each would hold a connection that other accounts need.
 */
export type AccountTurns<Entry> = {
  /** Runs `work` in a turn of its own. @throws AppError `resource-exhausted` where the line is too long */
  take<T>(accountId: string, work: () => Promise<T>): Promise<T>;
  /** Has the entry written, together with others that wait. @throws as `take`, and what `write` throws */
  add(accountId: string, entry: Entry): Promise<void>;
  /** Whether the caller is in a turn of the account, which must not wait for another one. */
  isInside(accountId: string): boolean;
};

type Batch<Entry> = { readonly entries: Entry[]; readonly written: Promise<void> };
type Line<Entry> = { length: number; last: Promise<unknown>; open: Batch<Entry> | undefined };
type Turn = { readonly accountId: string; isOver: boolean };

/** @param write writes entries of one account, in a turn */
export function createAccountTurns<Entry>(options: {
  readonly clock: Clock;
  readonly write: (accountId: string, entries: readonly Entry[]) => Promise<void>;
}): AccountTurns<Entry> {
  const { clock, write } = options;
  const lines = new Map<string, Line<Entry>>();
  const running = new AsyncLocalStorage<Turn>();
  // A batch is of several callers, so it runs in the context of none.
  const outsideAnyCaller = AsyncLocalStorage.snapshot();

  async function inLine<T>(accountId: string, work: (line: Line<Entry>) => Promise<T>): Promise<T> {
    const line = lines.get(accountId) ?? { length: 0, last: Promise.resolve(), open: undefined };
    if (line.length >= MOST_IN_LINE) throw lineTooLong();
    lines.set(accountId, line);
    line.length += 1;
    try {
      return await work(line);
    } finally {
      line.length -= 1;
      if (line.length === 0) lines.delete(accountId);
    }
  }

  function nextTurn<T>(line: Line<Entry>, work: () => Promise<T>): Promise<T> {
    const turn = line.last.then(work);
    line.last = turn.catch(() => {});
    return turn;
  }

  /** Where the database hangs, each turn takes long: those behind are told so, and do not try one after the other as well. */
  function inTime<T>(work: () => Promise<T>): () => Promise<T> {
    const sinceMs = clock.monotonicMs();
    return async () => {
      if (clock.monotonicMs() - sinceMs > LONGEST_WAIT_MS) throw lineTooLong();
      return work();
    };
  }

  function openBatch(accountId: string, line: Line<Entry>): Batch<Entry> {
    const entries: Entry[] = [];
    const writeAll = inTime(() => outsideAnyCaller(() => write(accountId, entries)));
    const written = nextTurn(line, () => {
      if (line.open === batch) line.open = undefined;
      return writeAll();
    });
    const batch: Batch<Entry> = { entries, written };
    line.open = batch;
    return batch;
  }

  return {
    take: (accountId, work) =>
      inLine(accountId, (line) => {
        const runInside = async () => {
          const turn: Turn = { accountId, isOver: false };
          try {
            return await running.run(turn, work);
          } finally {
            turn.isOver = true;
          }
        };
        return nextTurn(line, inTime(runInside));
      }),
    add: (accountId, entry) =>
      inLine(accountId, (line) => {
        const { open } = line;
        const batch = open === undefined || open.entries.length >= LARGEST_BATCH ? openBatch(accountId, line) : open;
        batch.entries.push(entry);
        return batch.written;
      }),
    isInside(accountId) {
      const turn = running.getStore();
      return turn !== undefined && !turn.isOver && turn.accountId === accountId;
    },
  };
}

function lineTooLong(): AppError {
  return new AppError(
    'resource-exhausted',
    'Too many requests of this account are waiting to be recorded in its audit log. Send fewer at once, and try again in a few seconds.',
    { details: { retryAfterSeconds: 2 } },
  );
}
