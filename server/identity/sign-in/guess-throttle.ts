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
  /** Somebody who has proved one thing about a person, guessing at the next one, from wherever. */
  person: { freeFailures: 5, longestWaitSeconds: 900 },
} as const satisfies Record<string, Limit>;

const FORGET_AFTER_MS = 60 * 60 * 1000;
const KNOWN_FOR_MS = 30 * 24 * 60 * 60 * 1000;
const MOST_ENTRIES = 20_000;

type Entry = { failures: number; blockedUntilMs: number; lastFailureMs: number };

/**
 * Slows down guesses. In memory: a restart forgives, and an attacker cannot restart the server.
 *
 * An address may be many people's: an office's, or a proxy's. So whoever signed in from it lately is not held up there by what others try:
 * guesses at them from it count for the two together, not for the address.
 *
 * Without an address, a guess is that of somebody who has proved something of the person already (a session, a password): it counts for that
 * person alone. Such guesses go into a throttle of their own, so that strangers cannot make it forget by filling it.
 */
export class GuessThrottle {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** When a right password came of an address and a name together. */
  readonly #knownSinceMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param name whom the guess is at
   * @throws AppError `resource-exhausted` with `retryAfterSeconds` while the caller must wait
   */
  requireAllowed(name: string, address?: string): void {
    const now = this.#clock.now().getTime();
    const keys = this.#keysOf(name, address);
    const blockedUntilMs = Math.max(...keys.map(([key]) => this.#entries.get(key)?.blockedUntilMs ?? 0));
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
  recordAttempt(name: string, address?: string): void {
    const now = this.#clock.now().getTime();
    for (const [key, { freeFailures, longestWaitSeconds }] of this.#keysOf(name, address)) {
      const known = this.#entries.get(key);
      const failures = known !== undefined && now - known.lastFailureMs < FORGET_AFTER_MS ? known.failures + 1 : 1;
      const waitSeconds =
        failures <= freeFailures ? 0 : Math.min(2 ** (failures - freeFailures - 1), longestWaitSeconds);
      putLast(this.#entries, key, { failures, blockedUntilMs: now + waitSeconds * 1000, lastFailureMs: now });
    }
  }

  /** Takes back the attempt that has just succeeded; the person's own count starts anew. */
  recordSuccess(name: string, address?: string): void {
    for (const [key] of this.#keysOf(name, address)) {
      const known = this.#entries.get(key);
      if (known === undefined) continue;
      const isOwn = key.startsWith('pair ') || key.startsWith('person ');
      if (isOwn || known.failures <= 1) this.#entries.delete(key);
      else this.#entries.set(key, { ...known, failures: known.failures - 1, blockedUntilMs: 0 });
    }
    if (address !== undefined) putLast(this.#knownSinceMs, pairOf(name, address), this.#clock.now().getTime());
  }

  #keysOf(name: string, address: string | undefined): readonly [string, Limit][] {
    if (address === undefined) return [[`person ${name}`, LIMITS.person]];
    const pair = pairOf(name, address);
    const knownSinceMs = this.#knownSinceMs.get(pair);
    const isKnown = knownSinceMs !== undefined && this.#clock.now().getTime() - knownSinceMs < KNOWN_FOR_MS;
    return [
      [pair, LIMITS.pair],
      [`email ${name}`, LIMITS.email],
      ...(isKnown ? [] : [[`address ${address}`, LIMITS.address] satisfies [string, Limit]]),
    ];
  }
}

function pairOf(name: string, address: string): string {
  return `pair ${address} ${name}`;
}

/** Keeps the map in the order of the last change, and forgets the first ones when there are too many. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MOST_ENTRIES) break;
    map.delete(oldest);
  }
}
