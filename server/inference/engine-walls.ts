/** The walls around a child process that sees prompts: what it can't do, whatever runs inside it. */
import { spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

/** What holds on this machine. `kernel`: whatever code runs in the child. `node`: as far as JavaScript goes. */
export type EngineWalls = {
  readonly network: 'kernel' | 'node';
  readonly diskWrites: 'kernel' | 'node';
  readonly coreDumps: 'off' | 'as the system has it';
};

export type WalledCommand = { readonly program: string; readonly args: readonly string[]; readonly walls: EngineWalls };

const root = resolve(import.meta.dirname, '../..');

/** A user namespace gives this process the right to a network namespace, which has no interface at all. */
const NO_NETWORK = ['unshare', '--user', '--map-current-user', '--net'];
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
 * @param readable folders and files that it may read, beside the package's own
 */
export function walledCommand(modulePath: string, readable: readonly string[]): WalledCommand {
  const noNetwork = works(NO_NETWORK) ? NO_NETWORK : [];
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
      ...readable,
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
    },
  };
}

/** The child's environment: nothing of the server's, in which secrets may be. */
export function walledEnvironment(): Record<string, string> {
  return { PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter), LANG: 'C.UTF-8' };
}

function works(wall: readonly string[]): boolean {
  const [program = '', ...args] = [...wall, 'true'];
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
