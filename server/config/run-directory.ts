import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../core/index.ts';

/** What group and others may have at most: to cross it, not to list it, when PostgreSQL runs as an account of its own. */
const CROSSING = 0o011;

/**
 * Makes the folder of the unix sockets (mode 0700), or takes the one of an earlier start. It may lie in /tmp under a name that can be
 * guessed, where anybody can make it first: then it is refused, not used.
 * @throws AppError `failed-precondition` when it isn't a folder that only this user can change.
 */
export function openRunDirectory(path: string): void {
  const found = makeFolder(path);
  if (!found.isDirectory()) throw refusal(path, 'is not a folder');
  if (process.getuid !== undefined && found.uid !== process.getuid()) throw refusal(path, 'belongs to another user');
  if ((found.mode & 0o077 & ~CROSSING) !== 0) throw refusal(path, 'is open to other users');
  chmodSync(path, 0o700);
}

/** What is there afterwards, and not what a link there leads to. */
function makeFolder(path: string): Stats {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return lstatSync(path);
  } catch (error) {
    throw refusal(path, `cannot be made (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`, error);
  }
}

function refusal(path: string, fault: string, cause?: unknown): AppError {
  return new AppError(
    'failed-precondition',
    `The folder "${path}" for the server's sockets ${fault}. Remove it, or set XDG_RUNTIME_DIR to a folder of this user alone.`,
    { cause },
  );
}
