import { AppError, type Clock } from '../../core/index.ts';

/** Failures that cost nothing; each further one doubles the wait, from one second up to the longest. */
type Limit = { readonly freeFailures: number; readonly longestWaitSeconds: number };

const LIMITS = {
  /** One network address guessing at one person. */
  pair: { freeFailures: 5, longestWaitSeconds: 900 },
  /** One network address guessing at many people. */
  address: { freeFailures: 50, longestWaitSeconds: 900 },
  /** Many addresses guessing at one person; the wait is short, so that nobody can be locked out for long. */
  email: { freeFailures: 100, longestWaitSeconds: 30 },
} as const satisfies Record<string, Limit>;

const FORGET_AFTER_MS = 60 * 60 * 1000;
const MOST_ENTRIES = 20_000;

type Entry = { failures: number; blockedUntilMs: number; lastFailureMs: number };

/** Slows down guesses of passwords. In memory: a restart forgives, and an attacker cannot restart the server. */
export class GuessThrottle {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws AppError `resource-exhausted` with `retryAfterSeconds` while the caller must wait. */
  requireAllowed(email: string, address: string): void {
    const now = this.#clock.now().getTime();
    const blockedUntilMs = Math.max(
      ...keysOf(email, address).map(([key]) => this.#entries.get(key)?.blockedUntilMs ?? 0),
    );
    if (blockedUntilMs <= now) return;
    const retryAfterSeconds = Math.ceil((blockedUntilMs - now) / 1000);
    throw new AppError(
      'resource-exhausted',
      `Too many attempts to sign in. Try again in ${retryAfterSeconds} seconds.`,
      {
        details: { retryAfterSeconds, reason: 'sign-in-throttled' },
      },
    );
  }

  /** Counts an attempt as failed; call it before the password is checked, so that parallel guesses count too. */
  recordAttempt(email: string, address: string): void {
    const now = this.#clock.now().getTime();
    for (const [key, { freeFailures, longestWaitSeconds }] of keysOf(email, address)) {
      const known = this.#entries.get(key);
      const failures = known !== undefined && now - known.lastFailureMs < FORGET_AFTER_MS ? known.failures + 1 : 1;
      const waitSeconds =
        failures <= freeFailures ? 0 : Math.min(2 ** (failures - freeFailures - 1), longestWaitSeconds);
      // Deleting first keeps the map in the order of the last failure, so that the first entry is the one to forget.
      this.#entries.delete(key);
      this.#entries.set(key, { failures, blockedUntilMs: now + waitSeconds * 1000, lastFailureMs: now });
    }
    while (this.#entries.size > MOST_ENTRIES) {
      const oldest = this.#entries.keys().next().value;
      if (oldest === undefined) break;
      this.#entries.delete(oldest);
    }
  }

  /** Takes back the attempt that has just succeeded; the person's own count starts anew. */
  recordSuccess(email: string, address: string): void {
    for (const [key] of keysOf(email, address)) {
      const known = this.#entries.get(key);
      if (known === undefined) continue;
      if (key.startsWith('pair ') || known.failures <= 1) this.#entries.delete(key);
      else this.#entries.set(key, { ...known, failures: known.failures - 1, blockedUntilMs: 0 });
    }
  }
}

function keysOf(email: string, address: string): readonly [string, Limit][] {
  return [
    [`pair ${address} ${email}`, LIMITS.pair],
    [`address ${address}`, LIMITS.address],
    [`email ${email}`, LIMITS.email],
  ];
}
