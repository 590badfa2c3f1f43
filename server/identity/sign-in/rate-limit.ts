import { AppError, type Clock } from '../../core/index.ts';

const WINDOW_MS = 60_000;
const MOST_CALLERS = 20_000;

/**
 * How often a minute each caller may do what costs the server something and needs no credential. In memory: a deployment of several servers
 * allows as much on each.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  /** In the order in which their minutes began. */
  readonly #callers = new Map<string, { calls: number; readonly endsAtMs: number }>();

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Counts a call. @throws AppError `resource-exhausted` with `retryAfterSeconds` when the caller made too many. */
  take(caller: string): void {
    const nowMs = this.#clock.now().getTime();
    const known = this.#callers.get(caller);
    if (known === undefined || known.endsAtMs <= nowMs) {
      this.#begin(caller, nowMs);
      return;
    }
    known.calls += 1;
    if (known.calls <= this.#perMinute) return;
    const retryAfterSeconds = Math.ceil((known.endsAtMs - nowMs) / 1000);
    throw new AppError('resource-exhausted', `Too many requests. Try again in ${retryAfterSeconds} seconds.`, {
      details: { retryAfterSeconds, reason: 'too-many-requests' },
    });
  }

  #begin(caller: string, nowMs: number): void {
    this.#callers.delete(caller);
    this.#callers.set(caller, { calls: 1, endsAtMs: nowMs + WINDOW_MS });
    for (const [oldest, { endsAtMs }] of this.#callers) {
      if (endsAtMs > nowMs && this.#callers.size <= MOST_CALLERS) break;
      this.#callers.delete(oldest);
    }
  }
}
