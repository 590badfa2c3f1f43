import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Where the administrator's requests are answered, inside the run directory. */
export const CONTROL_SOCKET = 'control.sock';

/** Linux: `sun_path` has 108 bytes, the last one is the end mark. See unix(7). */
const LONGEST_SOCKET_PATH_BYTES = 107;
/** PostgreSQL's socket is the longest name in the folder: `.s.PGSQL.65535`. */
const LONGEST_SOCKET_NAME_BYTES = 16;
const SHORT_BASE = '/tmp';

export type RunDirectorySurroundings = {
  readonly userId: number;
  /** `XDG_RUNTIME_DIR`; undefined if it is not set or does not exist. */
  readonly runtimeDirectory: string | undefined;
  readonly temporaryDirectory: string;
};

/**
 * The folder of the deployment's unix sockets, from its data directory. Server and command line compute it on their own
 * and must agree, so nothing but the data directory, the user and the base folder goes into it.
 * @param dataDirectory absolute, or relative to the working directory; need not exist.
 */
export function runDirectoryOf(
  dataDirectory: string,
  surroundings: RunDirectorySurroundings = processSurroundings(),
): string {
  const hash = createHash('sha256').update(canonicalPath(dataDirectory)).digest('hex').slice(0, 12);
  const name = `cloister-${surroundings.userId}-${hash}`;
  const folder = join(surroundings.runtimeDirectory ?? surroundings.temporaryDirectory, name);
  const longest = Buffer.byteLength(folder) + 1 + LONGEST_SOCKET_NAME_BYTES;
  return longest <= LONGEST_SOCKET_PATH_BYTES ? folder : join(SHORT_BASE, name);
}

/** What {@link runDirectoryOf} needs to know of this process. */
export function processSurroundings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): RunDirectorySurroundings {
  const runtimeDirectory = environment.XDG_RUNTIME_DIR;
  return {
    userId: process.getuid?.() ?? 0,
    runtimeDirectory: runtimeDirectory && isDirectory(runtimeDirectory) ? resolve(runtimeDirectory) : undefined,
    temporaryDirectory: tmpdir(),
  };
}

/** The absolute path with links resolved, as far as it exists: so a folder has one name before and after it is made. */
export function canonicalPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(canonicalPath(parent), basename(absolute));
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
