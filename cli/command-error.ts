import type { Problem } from '../contract/app/index.ts';

/** 0 is success; the rest is documented in `cloister --help`. */
export const EXIT = { failed: 1, usage: 2, noServer: 3 } as const;

/** Ends a command with one message for people and an exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  readonly problem: Problem | undefined;

  constructor(message: string, exitCode: number = EXIT.failed, problem?: Problem) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.problem = problem;
  }
}
