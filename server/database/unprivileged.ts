import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../core/index.ts';

/** How to start a program of PostgreSQL, which refuses to run as root. */
export type Launcher = {
  /** Put before the program's own path and arguments. */
  readonly prefix: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  /** Gives a folder to the user that the program runs as. */
  own(folder: string): void;
};

/** The account of the fallback; made when it is needed. */
const SYSTEM_USER = 'cloister-postgres';

/** `nobody` on Debian and most others: an id with an entry in the password file, which initdb looks up. */
const MAPPED_ID = 65_534;

/**
 * Chooses how this process, with its rights, can run PostgreSQL.
 * - Not root: as it is.
 * - Root, and the kernel gives user namespaces: inside one, where root's files belong to an ordinary id. No account is made, the files
 *   stay root's, and a data directory below /root works.
 * - Root without namespaces (most containers): as a system account, which must be able to reach the data directory.
 * @param dataDirectory must be reachable for the account in the last case.
 * @throws AppError `failed-precondition` that names what is in the way.
 */
export function chooseLauncher(dataDirectory: string): Launcher {
  if (process.getuid?.() !== 0) return { prefix: deathSignal(), own: () => {} };
  const namespace = ['unshare', '--user', `--map-user=${MAPPED_ID}`, `--map-group=${MAPPED_ID}`];
  if (works([...namespace, 'true'])) return { prefix: [...namespace, ...deathSignal()], own: () => {} };
  const { uid, gid } = systemUser();
  letThrough(dataDirectory);
  return { prefix: deathSignal(), uid, gid, own: (folder) => ownTree(folder, uid, gid) };
}

/** Has the kernel stop PostgreSQL (fast shutdown, SIGINT) when the server dies, however it dies. prctl(2), PR_SET_PDEATHSIG. */
function deathSignal(): string[] {
  const command = ['setpriv', '--pdeathsig', 'INT'];
  return works([...command, 'true']) ? command : [];
}

function works([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function systemUser(): { uid: number; gid: number } {
  const id = (option: string) => spawnSync('id', [option, SYSTEM_USER], { encoding: 'utf8' });
  if (id('-u').status !== 0) {
    spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', SYSTEM_USER], {
      stdio: 'ignore',
    });
  }
  const [uid, gid] = [Number(id('-u').stdout), Number(id('-g').stdout)];
  if (id('-u').status === 0 && uid > 0 && gid > 0) return { uid, gid };
  throw new AppError(
    'failed-precondition',
    `PostgreSQL does not run as root, and the account "${SYSTEM_USER}" for it could not be made. Start Cloister as an ordinary user, or set DATABASE_URL.`,
  );
}

/** The data directory may be crossed, not listed, by the account; its parents must allow as much already. */
function letThrough(dataDirectory: string): void {
  chmodSync(dataDirectory, 0o711);
  for (let folder = dirname(dataDirectory); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) !== 0) continue;
    throw new AppError(
      'failed-precondition',
      `PostgreSQL runs as the account "${SYSTEM_USER}", which may not cross "${folder}". Set CLOISTER_DATA to a folder outside it (for example /srv/cloister), or start Cloister as an ordinary user.`,
    );
  }
}

function ownTree(folder: string, uid: number, gid: number): void {
  if (lstatSync(folder).uid === uid) return;
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) ownTree(path, uid, gid);
    else chownSync(path, uid, gid);
  }
}

/** True when this process may run the program. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
