import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, lchownSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../core/index.ts';

/** How to start a program of PostgreSQL, which refuses to run as root. */
export type Launcher = {
  /** Put before the program's own path and arguments. */
  readonly prefix: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  /** Gives a folder, or a file, to the user that the program runs as. */
  own(path: string): void;
};

/** The account of the fallback; made when it is needed. */
const SYSTEM_USER = 'cloister-postgres';

/** `nobody` on Debian and most others: an id with an entry in the password file, which initdb looks up. */
const MAPPED_ID = 65_534;

/** What PostgreSQL must be able to reach. */
export type Reach = {
  readonly dataDirectory: string;
  readonly runDirectory: string;
  /** Its programs. */
  readonly programs: readonly string[];
};

/**
 * Chooses how this process, with its rights, can run PostgreSQL.
 * - Not root: as it is.
 * - Root, and the kernel gives user namespaces: inside one, where root's files belong to an ordinary id. No account is made, the files
 *   stay root's, and a data directory below /root works.
 * - Root without namespaces (most containers): as a system account, which must be able to cross the folders above what it reaches.
 * @param givesNamespaces whether the kernel does; tests say no.
 * @throws AppError `failed-precondition` that names what is in the way.
 */
export function chooseLauncher(reach: Reach, givesNamespaces = kernelGivesNamespaces): Launcher {
  if (process.getuid?.() !== 0) return { prefix: deathSignal(), own: () => {} };
  if (givesNamespaces()) return { prefix: [...NAMESPACE, ...deathSignal()], own: (path) => ownTree(path, 0, 0) };
  const { uid, gid } = systemUser();
  // The account may cross these two, not list them: what is in them is root's alone, but for the folders that are handed over.
  for (const folder of [reach.dataDirectory, reach.runDirectory]) chmodSync(folder, 0o711);
  requireWayTo(reach.dataDirectory, 'Set CLOISTER_DATA to a folder outside it (for example /srv/cloister)');
  requireWayTo(reach.runDirectory, 'Set XDG_RUNTIME_DIR or TMPDIR to a folder outside it');
  for (const program of reach.programs) {
    requireWayTo(realpathSync(program), 'Install Cloister outside it (for example in /opt/cloister)');
  }
  return { prefix: deathSignal(), uid, gid, own: (path) => ownTree(path, uid, gid) };
}

const NAMESPACE = ['unshare', '--user', `--map-user=${MAPPED_ID}`, `--map-group=${MAPPED_ID}`];

function kernelGivesNamespaces(): boolean {
  return works([...NAMESPACE, 'true']);
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

function requireWayTo(path: string, remedy: string): void {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) !== 0) continue;
    throw new AppError(
      'failed-precondition',
      `PostgreSQL runs as the account "${SYSTEM_USER}", which may not cross "${folder}". ${remedy}, or start Cloister as an ordinary user.`,
    );
  }
}

/** Links in it are handed over themselves, not what they lead to: the account may have put them there. */
function ownTree(path: string, uid: number, gid: number): void {
  const found = lstatSync(path);
  if (found.uid === uid) return;
  // The folder itself comes last, so that one that was cut off is begun anew.
  if (found.isDirectory()) for (const name of readdirSync(path)) ownTree(join(path, name), uid, gid);
  lchownSync(path, uid, gid);
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
