import { AppError } from '../core/index.ts';

export type QueueLimits = {
  /** Requests that run at the same time. */
  readonly concurrency: number;
  /** Requests of one user that may wait. */
  readonly waitingPerUser: number;
  /** Requests that may wait in all. */
  readonly waiting: number;
};

/** A request's place: first in the queue, then among the running. */
export type Place = {
  /** How many requests run before this one; 0 when it may run. */
  position(): number;
  /** Resolves when the position is another than `from`, perhaps at once. Rejects when the signal aborts before. */
  moved(from: number): Promise<void>;
  /** Gives the place to the next. Must be called once, whatever happened; calling it again does nothing. */
  leave(): void;
};

type Waiter = { readonly userId: string; granted: boolean; wake: () => void };

/**
 * The queue before one model: bounded, and fair among users. Of the users who wait, each gets one turn after the other, so that
 * somebody with a hundred requests delays somebody with one by one request.
 */
export class RequestQueue {
  readonly #limits: QueueLimits;
  /** Users in the order of their turns; each with their waiting requests, oldest first. */
  readonly #waiting = new Map<string, Waiter[]>();
  #waitingCount = 0;
  #running = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /**
   * Takes a place.
   * @param retryAfterSeconds what to tell somebody who finds no place
   * @throws AppError `resource-exhausted` when the user's or the whole queue is full.
   */
  enter(userId: string, signal: AbortSignal, retryAfterSeconds: number): Place {
    const mine = this.#waiting.get(userId) ?? [];
    const waiter: Waiter = { userId, granted: false, wake: () => {} };
    if (this.#running < this.#limits.concurrency && this.#waitingCount === 0) {
      waiter.granted = true;
      this.#running += 1;
    } else {
      if (mine.length >= this.#limits.waitingPerUser || this.#waitingCount >= this.#limits.waiting)
        throw queueFull(retryAfterSeconds);
      this.#waiting.set(userId, [...mine, waiter]);
      this.#waitingCount += 1;
    }
    return this.#placeOf(waiter, signal);
  }

  #placeOf(waiter: Waiter, signal: AbortSignal): Place {
    let hasLeft = false;
    const position = () => (waiter.granted ? 0 : this.#positionOf(waiter));
    return {
      position,
      moved: (from) =>
        new Promise((resolve, reject) => {
          if (position() !== from) return resolve();
          const abort = () => reject(new AppError('cancelled', 'The request was cancelled while it waited.'));
          if (signal.aborted) return abort();
          signal.addEventListener('abort', abort, { once: true });
          waiter.wake = () => {
            if (position() === from) return;
            signal.removeEventListener('abort', abort);
            resolve();
          };
        }),
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        if (waiter.granted) this.#running -= 1;
        else this.#remove(waiter);
        this.#advance();
      },
    };
  }

  #advance(): void {
    while (this.#running < this.#limits.concurrency) {
      const next = this.#takeNext();
      if (next === undefined) break;
      next.granted = true;
      this.#running += 1;
      next.wake();
    }
    for (const waiters of this.#waiting.values()) for (const waiter of waiters) waiter.wake();
  }

  /** The oldest request of the user whose turn it is; that user's next turn comes after everybody else's. */
  #takeNext(): Waiter | undefined {
    const first = this.#waiting.entries().next().value;
    if (first === undefined) return undefined;
    const [userId, [next, ...others]] = first;
    this.#waiting.delete(userId);
    if (others.length > 0) this.#waiting.set(userId, others);
    this.#waitingCount -= 1;
    return next;
  }

  #remove(waiter: Waiter): void {
    const others = (this.#waiting.get(waiter.userId) ?? []).filter((other) => other !== waiter);
    if (others.length > 0) this.#waiting.set(waiter.userId, others);
    else this.#waiting.delete(waiter.userId);
    this.#waitingCount -= 1;
  }

  /** In rounds: a user's n-th request waits for the n-th round, where one request of each user runs. */
  #positionOf(waiter: Waiter): number {
    const users = [...this.#waiting.values()];
    const round = (this.#waiting.get(waiter.userId) ?? []).indexOf(waiter);
    const before = users.findIndex((waiters) => waiters.includes(waiter));
    return (
      users.reduce(
        (sum, waiters, index) =>
          sum + Math.min(waiters.length, index < before ? round + 1 : index === before ? 0 : round),
        round,
      ) + 1
    );
  }
}

function queueFull(retryAfterSeconds: number): AppError {
  return new AppError(
    'resource-exhausted',
    `Too many requests are waiting for this model. Try again in ${retryAfterSeconds === 1 ? 'a second' : `${retryAfterSeconds} seconds`}.`,
    {
      details: { retryAfterSeconds, reason: 'queue-full' },
    },
  );
}
