import { AppError } from '../core/index.ts';

const MOST_WAITING = 1_000;

type Line = { running: number; readonly waiting: Set<() => void> };

/**
 * Keeps anybody from taking all of what everybody shares: each name has at most `share` pieces of work running, and its others wait for them
 * in order.
 * @param longestWaitMs after which one that waits is refused; a database that answers nobody must not keep them for long
 */
export function createShares({ share, longestWaitMs }: { readonly share: number; readonly longestWaitMs: number }) {
  const lines = new Map<string, Line>();

  function placeIn(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        line.waiting.delete(enter);
        reject(tooMany());
      }, longestWaitMs);
      line.waiting.add(enter);
    });
  }

  /** @throws AppError `resource-exhausted` where too many wait already, or after too long. */
  return async function withinShare<T>(name: string, work: () => Promise<T>): Promise<T> {
    const line = lines.get(name) ?? { running: 0, waiting: new Set() };
    lines.set(name, line);
    if (line.running < share) line.running += 1;
    else if (line.waiting.size >= MOST_WAITING) throw tooMany();
    else await placeIn(line);
    try {
      return await work();
    } finally {
      const [next] = line.waiting;
      // Whoever is done hands over their place.
      if (next !== undefined) {
        line.waiting.delete(next);
        next();
      } else if (line.running > 1) line.running -= 1;
      else lines.delete(name);
    }
  };
}

function tooMany(): AppError {
  return new AppError(
    'resource-exhausted',
    'Too many requests of this account are waiting. Send fewer at once, and try again in a few seconds.',
    { details: { retryAfterSeconds: 2 } },
  );
}
