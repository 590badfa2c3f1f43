import { setImmediate as turn } from 'node:timers/promises';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';

/** Removes one thing that the run made; gets the control that still works after an interruption. */
export type UndoStep = (direct: Control) => Promise<void> | void;

/** As shells count: 128 and the number of the signal. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Interruption = keyof typeof EXIT_CODES;

/**
 * A run that leaves nothing behind: its undo steps are taken at its end, or at a signal that ends the process. After a signal the run
 * gets no further than its next call; the calls under way are awaited first, since what they make has to be removed too.
 * The same signal a second time ends the process at once.
 */
export function createInterruptible(direct: Control, tell: (line: string) => void) {
  const undo: UndoStep[] = [];
  const underWay = new Set<Promise<unknown>>();
  let isInterrupted = false;
  let cleaning: Promise<void> | undefined;

  const guard = <T>(call: () => Promise<T>): Promise<T> => {
    if (isInterrupted) return new Promise<T>(() => {});
    const promise = call();
    underWay.add(promise);
    const done = () => underWay.delete(promise);
    promise.then(done, done);
    return promise;
  };
  const takeBack = async () => {
    await Promise.allSettled(underWay);
    // Lets the run write down how to undo what these calls made.
    await turn();
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      try {
        await step(direct);
      } catch (error) {
        if (!isGone(error)) tell(`Something that this run made could not be removed. ${(error as Error).message}`);
      }
    }
  };
  const interrupt = (signal: Interruption) => {
    isInterrupted = true;
    tell('Interrupted: removing what this run made …');
    cleaning ??= takeBack();
    void cleaning.then(() => process.exit(EXIT_CODES[signal]));
  };
  const signals = Object.keys(EXIT_CODES) as Interruption[];
  for (const signal of signals) process.once(signal, interrupt);

  return {
    undo,
    control: {
      dataDirectory: direct.dataDirectory,
      call: (...args) => guard(() => direct.call(...args)),
      run: (...args) => guard(() => direct.run(...args)),
      upload: (...args) => guard(() => direct.upload(...args)),
      send: (...args) => guard(() => direct.send(...args)),
      download: (...args) => guard(() => direct.download(...args)),
    } satisfies Control as Control,
    async cleanUp(): Promise<void> {
      cleaning ??= takeBack();
      await cleaning;
      for (const signal of signals) process.removeListener(signal, interrupt);
    },
  };
}

/** Gone already, or the server is: there is nothing more to do then. */
function isGone(error: unknown): boolean {
  return error instanceof CommandError && (error.problem?.status === 404 || error.exitCode === EXIT.noServer);
}
