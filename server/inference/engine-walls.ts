/** The walls around a child process that sees prompts: what it can't do, whatever runs inside it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, resolve, sep } from 'node:path';

/** What holds on this machine. `kernel`: whatever code runs in the child. `node`: as far as JavaScript goes. */
export type EngineWalls = {
  readonly network: 'kernel' | 'node';
  readonly diskWrites: 'kernel' | 'node';
  readonly coreDumps: 'off' | 'as the system has it';
  /** The deployment's folders (data, keys, sockets), but for the models. */
  readonly deploymentFiles: 'hidden' | 'readable';
};

export type WallOptions = {
  /** The only folder of the deployment that the module needs. */
  readonly modelsDirectory: string;
  /** Folders and files of the deployment that it must not see. The folder of the models may lie in one of them. */
  readonly hidden: readonly string[];
};

export type WalledCommand = { readonly program: string; readonly args: readonly string[]; readonly walls: EngineWalls };

const root = resolve(import.meta.dirname, '../..');

/** Where the models' folder waits while the others are hidden: the first of these that holds nothing that is needed. */
const SET_ASIDE = ['/mnt', '/media', '/opt', '/srv'];

/** Where sockets of the machine's services are. */
const SYSTEM_SOCKETS = '/run';

/** A user namespace gives this process the right to a network namespace, which has no interface at all. */
const NO_NETWORK = ['unshare', '--user', '--map-current-user', '--net'];

/**
 * The same with a mount namespace, where empty folders lie over the hidden ones and the models' folder is put back: a network namespace
 * does not stop a connection to a Unix socket by its path. Root there is nobody's root outside; what follows gives its rights up.
 */
const NO_NETWORK_NO_FILES = ['unshare', '--user', '--map-root-user', '--net', '--mount', 'sh', '-c'];
const HIDE = `set -e
models=$1; aside=$2; shift 2
mount --rbind "$models" "$aside"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mount -t tmpfs -o mode=0755 cloister "$1"; else mount --bind /dev/null "$1"; fi
  shift
done
shift
mkdir -p "$models"
mount --move "$aside" "$models"
cd /
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"`;

/** No file may grow beyond nothing, and none holds the memory of a crash. setrlimit(2), RLIMIT_FSIZE and RLIMIT_CORE. */
const NO_WRITES = ['prlimit', '--fsize=0:0', '--core=0:0'];
/** The kernel ends the child when the server dies, however that dies. prctl(2), PR_SET_PDEATHSIG. */
const NO_SURVIVAL = ['setpriv', '--pdeathsig', 'KILL'];

/** Where node-llama-cpp looks for the C library, to know which of its builds fits. */
const SYSTEM_LIBRARIES = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

/**
 * The command that runs a module of this package behind walls. Node.js's permission model denies network, writes, workers and (once the
 * module has dropped that right) processes to JavaScript; where util-linux and the kernel let us, the kernel denies them to native code too.
 * @param modulePath absolute path of the module to run
 */
export function walledCommand(modulePath: string, options: WallOptions): WalledCommand {
  const hiding = hidingWall(options);
  const hidesFiles = hiding !== undefined && works(hiding);
  const noNetwork = hidesFiles ? hiding : works(NO_NETWORK) ? NO_NETWORK : [];
  const noWrites = works(NO_WRITES) ? NO_WRITES : [];
  const noSurvival = works(NO_SURVIVAL) ? NO_SURVIVAL : [];
  const permissions = [
    '--permission',
    '--allow-addons',
    // node-llama-cpp tries its binary in a process of its own; the module drops this right when that has happened.
    '--allow-child-process',
    '--disable-warning=SecurityWarning',
    ...[
      ...['node_modules', 'server', 'package.json'].map((name) => resolve(root, name)),
      ...SYSTEM_LIBRARIES,
      options.modelsDirectory,
    ].map((path) => `--allow-fs-read=${path}`),
  ];
  const [program = process.execPath, ...args] = [
    ...noNetwork,
    ...noWrites,
    ...noSurvival,
    process.execPath,
    ...permissions,
    modulePath,
  ];
  return {
    program,
    args,
    walls: {
      network: noNetwork.length > 0 ? 'kernel' : 'node',
      diskWrites: noWrites.length > 0 ? 'kernel' : 'node',
      coreDumps: noWrites.length > 0 ? 'off' : 'as the system has it',
      deploymentFiles: hidesFiles ? 'hidden' : 'readable',
    },
  };
}

/**
 * The mount namespace, or undefined where a path cannot be hidden, because the package or the program itself is in it. What lies in
 * another hidden folder is gone with that one.
 */
function hidingWall({ modelsDirectory, hidden }: WallOptions): string[] | undefined {
  const needed = [root, process.execPath];
  const isNeeded = (path: string) => needed.some((one) => isWithin(one, path));
  if (hidden.some(isNeeded)) return undefined;
  const present = [...hidden, ...(isNeeded(SYSTEM_SOCKETS) ? [] : [SYSTEM_SOCKETS])].filter((path) => existsSync(path));
  const outermost = [...new Set(present)].filter(
    (path) => !present.some((other) => other !== path && isWithin(path, other)),
  );
  const used = [...needed, ...outermost, modelsDirectory];
  const aside = SET_ASIDE.find((folder) => existsSync(folder) && !used.some((path) => isWithin(path, folder)));
  if (aside === undefined) return undefined;
  return [...NO_NETWORK_NO_FILES, HIDE, 'sh', modelsDirectory, aside, ...outermost, '--'];
}

/** True when the kernel, and not Node.js alone, holds all of them. */
export function isWalledByKernel({ network, diskWrites, coreDumps, deploymentFiles }: EngineWalls): boolean {
  return network === 'kernel' && diskWrites === 'kernel' && coreDumps === 'off' && deploymentFiles === 'hidden';
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`);
}

/** The child's environment: nothing of the server's, in which secrets may be. */
export function walledEnvironment(): Record<string, string> {
  return { PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter), LANG: 'C.UTF-8' };
}

function works(wall: readonly string[]): boolean {
  const [program = '', ...args] = [...wall, 'true'];
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
