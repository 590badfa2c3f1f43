import type { Closer } from './closers.ts';
import { type Logger, loggableError } from './core/index.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Runs `work` now and every hour, one run at a time. @returns what stops it, after a run under way. */
export function repeatHourly(work: () => Promise<unknown>, logger: Logger): Closer {
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    running = running.then(work).catch((error: unknown) => {
      logger.warn('a sweep failed; the next one tries again', { error: loggableError(error) });
    });
  };
  run();
  const timer = setInterval(run, HOUR_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
