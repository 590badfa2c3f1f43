import type { Clock } from './clock.ts';

export type ManualClock = Clock & {
  /** Lets time pass. */
  advance(milliseconds: number): void;
};

/** A clock that stands still until a test moves it. */
export function manualClock(start = new Date('2026-01-01T00:00:00Z')): ManualClock {
  let elapsedMs = 0;
  return {
    now: () => new Date(start.getTime() + elapsedMs),
    monotonicMs: () => elapsedMs,
    advance: (milliseconds) => {
      elapsedMs += milliseconds;
    },
  };
}
