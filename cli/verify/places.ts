/** Which files a running deployment has: below its places, and open in its processes. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../../contract/app/index.ts';

/** What the deployment says of where to search. */
export type SearchedParts = Pick<Deployment, 'places' | 'processes'>;
export type FileToSearch = { readonly place: string; readonly path: string /** For people. */; readonly name: string };
/** What anything is called: a file, each of its names, a folder, a link. */
export type NameToSearch = Pick<FileToSearch, 'place' | 'path'>;
export type FilesOfDeployment = {
  readonly files: readonly FileToSearch[];
  readonly names: readonly NameToSearch[];
  /** What could not be looked into, with the reason: it makes the run incomplete. */
  readonly unreadable: readonly string[];
};

/** The place of PostgreSQL's tables and its log of changes (WAL), where metadata is. Its own log is none of them. */
export const DATABASE = 'database';

/** Gone meanwhile: nothing to search. */
const GONE = new Set(['ENOENT', 'ESRCH']);

export function isGone(error: unknown): boolean {
  return GONE.has((error as NodeJS.ErrnoException).code ?? '');
}

export function filesOf(deployment: SearchedParts): FilesOfDeployment {
  const files: FileToSearch[] = [];
  const placesOfNames = new Map<string, string>();
  const unreadable: string[] = [];
  const seen = new Set<string>();
  const add = (place: string, path: string, name: string) => {
    const { dev, ino } = statSync(path);
    const identity = `${dev}:${ino}`;
    if (seen.has(identity)) return;
    seen.add(identity);
    files.push({ place, path, name });
  };
  const guarded = (name: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      if (!isGone(error)) unreadable.push(`${name} (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
  };
  const walk = (place: string, path: string): void =>
    guarded(path, () => {
      const found = lstatSync(path);
      if (!placesOfNames.has(path)) placesOfNames.set(path, place);
      if (found.isFile()) add(place, path, path);
      if (found.isDirectory()) for (const name of readdirSync(path)) walk(place, join(path, name));
    });
  const tables = foldersOfTables(deployment.processes, guarded);
  const isOfTables = (path: string) => tables.some((folder) => path.startsWith(`${folder}/`));
  // The innermost place names a file: the logs and the database lie inside the data directory.
  const innermostFirst = [...deployment.places, ...tables.map((path) => ({ kind: DATABASE, path }))].sort(
    (a, b) => b.path.length - a.path.length,
  );
  for (const { kind, path } of innermostFirst) walk(kind, path);
  for (const { kind, processId } of deployment.processes) {
    for (const open of [...openFiles(processId, guarded), ...mappedFiles(processId, guarded)]) {
      const place = isOfTables(open.target) ? DATABASE : 'open file';
      guarded(open.target, () => add(place, open.path, `${open.target} (open in ${kind} ${processId})`));
    }
  }
  const names = [...placesOfNames].map(([path, place]) => ({ place, path }));
  return { files, names, unreadable };
}

/** PostgreSQL's processes work in the folder of their cluster. Around the first there may be programs that started it. */
function foldersOfTables(
  processes: Deployment['processes'],
  guarded: (name: string, act: () => void) => void,
): readonly string[] {
  const clusters = new Set<string>();
  for (const { kind, processId } of processes) {
    if (kind !== 'database') continue;
    const link = `/proc/${processId}/cwd`;
    guarded(link, () => {
      const folder = readlinkSync(link);
      if (existsSync(join(folder, 'PG_VERSION'))) clusters.add(folder);
    });
  }
  return [...clusters].flatMap((cluster) => [join(cluster, 'base'), join(cluster, 'pg_wal')]);
}

/** Regular files, deleted ones and memfds among them, that a process has open and could have written; see proc(5). */
export function openFiles(
  processId: number,
  guarded: (name: string, act: () => void) => void,
): { path: string; target: string }[] {
  const folder = `/proc/${processId}/fd`;
  const found: { path: string; target: string }[] = [];
  guarded(folder, () => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      guarded(path, () => {
        const target = readlinkSync(path);
        if (isRealPath(target) && statSync(path).isFile()) found.push({ path, target });
      });
    }
  });
  return found;
}

/**
 * Files that a process shares with others through memory: open no more, but there, like PostgreSQL's dynamic shared memory below
 * /dev/shm. A name that was deleted leads nowhere; what has no name is memory alone.
 */
function mappedFiles(
  processId: number,
  guarded: (name: string, act: () => void) => void,
): { path: string; target: string }[] {
  const maps = `/proc/${processId}/maps`;
  const found: { path: string; target: string }[] = [];
  guarded(maps, () => {
    for (const [, path = ''] of readFileSync(maps, 'utf8').matchAll(SHARED_MAPPING)) {
      if (!isRealPath(path) || path.endsWith(' (deleted)')) continue;
      guarded(path, () => {
        if (statSync(path).isFile()) found.push({ path, target: path });
      });
    }
  });
  return found;
}

/** A writable mapping that is shared (`rw-s`), and its path. */
const SHARED_MAPPING = /^\S+ .w.s \S+ \S+ \d+ +(\/.+)$/gm;

/** Files of /proc and /sys look regular but are the kernel's own words. Those below /dev/shm are files like others. */
function isRealPath(path: string): boolean {
  return path.startsWith('/') && !/^\/(?:proc|sys)\//.test(path);
}
