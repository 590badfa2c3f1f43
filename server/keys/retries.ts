import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '../core/index.ts';

/** How often a KMS in the network is asked in all, where it is `unavailable`. */
export const MOST_ATTEMPTS = 3;
/** How long a call to a KMS in the network may take with all its attempts, milliseconds. */
export const CALL_LIMIT_MS = 10_000;

const FIRST_PAUSE_MS = 100;

/**
 * Tries again where the KMS is `unavailable`, after a pause that doubles and is cut by chance, so that many servers do not come back at once.
 * @param signal ends the pauses; the last failure is thrown then
 */
export async function withRetries<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error, 'unavailable') || attempt === MOST_ATTEMPTS || signal.aborted) throw error;
      const longestMs = FIRST_PAUSE_MS * 2 ** attempt;
      await sleep(randomInt(longestMs / 2, longestMs), undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
