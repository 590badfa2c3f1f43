/** The only place that reads the time. */
export type Clock = {
  /** The time of day. */
  now(): Date;
  /** Milliseconds that never go back, for measuring how long something took. */
  monotonicMs(): number;
};

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};
