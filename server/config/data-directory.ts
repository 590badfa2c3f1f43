import { randomUUID } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../core/index.ts';

/** What may be in a folder that no server has used yet: a disk's own folder, and models that somebody put there in advance. */
const ALLOWED_BEFORE_FIRST_START = new Set(['lost+found', 'models', 'logs']);

/** The lock, and how the names of the files begin that it takes to make it. */
const LOCK = 'server.lock';
const LOCK_ATTEMPTS = 50;
const LOCK_PAUSE_MS = 10;

/** The file that names the deployment. */
const DEPLOYMENT_ID = 'deployment-id';

/** Below this much free space the server does not start: PostgreSQL alone needs it for its log of changes. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;

export type KnownDeployment = {
  readonly path: string;
  /** Made at the first start; names the root key file, so that two deployments of one user do not share one. */
  readonly deploymentId: string;
};

export type DataDirectory = KnownDeployment & {
  /** True when this start made the directory, so nothing sealed can be in it yet. */
  readonly isNew: boolean;
  /** Lets the next server have the directory. */
  release(): void;
};

/**
 * Makes the data directory (mode 0700) or takes the one that is there, and keeps a second server out of it.
 * @throws AppError `failed-precondition` when it cannot be written or another server has it; `resource-exhausted` when the disk is full.
 */
export function openDataDirectory(path: string): DataDirectory {
  makePrivate(path);
  requireFreeSpace(path);
  const release = lock(path);
  try {
    for (const name of ['logs', 'models']) mkdirSync(join(path, name), { recursive: true, mode: 0o700 });
    return { path, ...readDeploymentId(path), release };
  } catch (error) {
    release();
    throw asAppError(path, error);
  }
}

/**
 * The deployment whose data directory this is, whether or not a server has it open. Changes nothing.
 * @throws AppError `not-found` when it is no data directory, or cannot be read.
 */
export function findDeployment(path: string): KnownDeployment {
  const deploymentId = readOr(join(path, DEPLOYMENT_ID), '').trim();
  if (deploymentId !== '') return { path, deploymentId };
  throw new AppError(
    'not-found',
    `There is no Cloister deployment in "${path}", or this user can't read it. Name its data directory with --data or CLOISTER_DATA.`,
  );
}

function makePrivate(path: string): void {
  try {
    makeFolders(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    refuseForeignFolder(path);
    chmodSync(path, 0o700);
  } catch (error) {
    throw asAppError(path, error);
  }
}

/** One by one: `recursive` of Node.js 26 turns for ever where a file system answers ENOENT to a folder that it does not want (/proc). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Keeps a mistyped CLOISTER_DATA from closing somebody's home folder to everybody else. */
function refuseForeignFolder(path: string): void {
  const names = readdirSync(path);
  if (names.includes(DEPLOYMENT_ID) || names.every(isAllowedBefore)) return;
  throw new AppError(
    'failed-precondition',
    `The folder "${path}" holds other things than a Cloister deployment. Set CLOISTER_DATA to an empty or new folder.`,
  );
}

function isAllowedBefore(name: string): boolean {
  return ALLOWED_BEFORE_FIRST_START.has(name) || name.startsWith(LOCK);
}

function requireFreeSpace(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= LEAST_FREE_BYTES) return;
  throw new AppError(
    'resource-exhausted',
    `The disk of the data directory "${path}" has less than 256 MiB free. Free some space, or set CLOISTER_DATA to another disk.`,
  );
}

/** One server a data directory. */
function lock(path: string): () => void {
  try {
    const lock = acquire(join(path, LOCK));
    if (typeof lock === 'function') return lock;
    if (lock !== undefined) {
      throw new AppError(
        'failed-precondition',
        `Another server (process ${lock.processId}) already uses the data directory "${path}". Stop it first, or set CLOISTER_DATA to another folder.`,
      );
    }
  } catch (error) {
    throw asAppError(path, error);
  }
  throw new AppError(
    'failed-precondition',
    `Other servers are starting on the data directory "${path}". Try again in a moment.`,
  );
}

type LockHolder = { readonly processId: number; readonly started: string };

/**
 * Takes a lock file. It names a process and the instant at which it started, so that one left behind by `kill -9` or by a crash of the
 * machine is known to be nobody's at once. It appears with its content (a link to a finished file), so it is never read half written.
 *
 * A lock that is nobody's is removed only by whoever holds the lock on removing it, and only if it still says what it said: a server that was
 * slow to judge can't remove the lock of one that has come in since.
 * @returns what gives it back; the holder, when there is one; undefined when others were at it all the time.
 */
function acquire(file: string): (() => void) | LockHolder | undefined {
  const mine = JSON.stringify({ processId: process.pid, started: processStart(process.pid) });
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    if (linkNew(file, mine)) {
      return () => {
        if (readOr(file, '') === mine) rmSync(file, { force: true });
      };
    }
    const found = readOr(file, undefined);
    if (found === undefined) continue;
    const holder = parseLock(found);
    if (holder !== undefined && processStart(holder.processId) === holder.started) return holder;
    const release = acquire(`${file}.removal`);
    if (typeof release !== 'function') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MS);
      continue;
    }
    try {
      if (readOr(file, undefined) === found) rmSync(file, { force: true });
    } finally {
      release();
    }
  }
  return undefined;
}

/** Makes the file with this content, whole or not at all; false when there is one. */
function linkNew(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, content, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function parseLock(text: string): LockHolder | undefined {
  try {
    const { processId, started } = JSON.parse(text) as { processId?: unknown; started?: unknown };
    return typeof processId === 'number' && typeof started === 'string' ? { processId, started } : undefined;
  } catch {
    return undefined;
  }
}

/** Boot and start time of a process, or undefined when there is none. Field 22 of /proc/PID/stat, see proc(5). */
function processStart(processId: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    const boot = readOr('/proc/sys/kernel/random/boot_id', '').trim();
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

function readDeploymentId(path: string): { deploymentId: string; isNew: boolean } {
  const file = join(path, DEPLOYMENT_ID);
  const known = readOr(file, '').trim();
  if (known !== '') return { deploymentId: known, isNew: false };
  const deploymentId = randomUUID();
  writeFileSync(file, `${deploymentId}\n`, { mode: 0o600, flush: true });
  return { deploymentId, isNew: true };
}

function readOr<T>(path: string, otherwise: T): string | T {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function asAppError(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError(
      'resource-exhausted',
      `The disk of the data directory "${path}" is full. Free some space, or set CLOISTER_DATA to another disk.`,
      { cause: error },
    );
  }
  return new AppError(
    'failed-precondition',
    `The data directory "${path}" cannot be used (${code}). Give this user read and write access to it, or set CLOISTER_DATA to a folder of its own.`,
    { cause: error },
  );
}
