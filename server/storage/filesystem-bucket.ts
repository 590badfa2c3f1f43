import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isId, notFound } from '../core/index.ts';
import type { Bucket, BucketScope } from './bucket.ts';
import { requireAccountId, requireIds } from './bucket-ids.ts';
import { asStorageError, fileErrorCode } from './storage-error.ts';

/** Ends the name of a file that is being written: `<object id>.<random>.part`. No id ends like that. */
const TEMPORARY_SUFFIX = '.part';
const READ_PIECE_BYTES = 1024 * 1024;
const WRITE_PART_BYTES = 1024 * 1024;

/**
 * Buckets as folders: `<root>/<account>/<project>/<object>`, folders of mode 0700 and files of mode 0600. An account's folder is its
 * storage instance: quotas, backup and permissions can be set for it alone.
 * @param options.root is made when missing.
 */
export function createFilesystemBucket(options: { readonly root: string }): Bucket {
  const root = resolve(options.root);
  /** Temporary files that running puts of this process write. */
  const beingWritten = new Set<string>();
  const beingMade = new Map<string, Promise<void>>();

  function folderOf(scope: BucketScope): string {
    requireIds(scope);
    return join(root, scope.accountId, scope.projectId);
  }

  function pathOf(scope: BucketScope, objectId: string): string {
    requireIds(scope, objectId);
    return join(folderOf(scope), objectId);
  }

  /** Of two that need a new folder at once, the second one waits until its name is durable too. */
  function ensure(scope: BucketScope): Promise<void> {
    const folder = folderOf(scope);
    const pending = beingMade.get(folder) ?? makeFolder(folder, root).finally(() => beingMade.delete(folder));
    beingMade.set(folder, pending);
    return pending;
  }

  return {
    name: 'filesystem',
    ensure: (scope: BucketScope) => storing(() => ensure(scope)),
    remove: (scope: BucketScope) => storing(() => removeFolder(folderOf(scope))),
    removeAccount: (accountId: string) =>
      storing(async () => {
        requireAccountId(accountId);
        await removeFolder(join(root, accountId));
      }),
    async put(scope: BucketScope, objectId: string, content: AsyncIterable<Uint8Array>) {
      const path = pathOf(scope, objectId);
      await storing(() => ensure(scope));
      const temporary = `${path}.${randomBytes(8).toString('hex')}${TEMPORARY_SUFFIX}`;
      beingWritten.add(temporary);
      try {
        await writeDurably(temporary, content);
        await storing(() => moveDurably(temporary, path));
      } catch (error) {
        await unlink(temporary).catch(() => {});
        throw error;
      } finally {
        beingWritten.delete(temporary);
      }
    },
    async get(scope: BucketScope, objectId: string) {
      const path = pathOf(scope, objectId);
      const found = await storing(() => statIfThere(path));
      if (found === undefined) throw notFound('object', objectId);
      // Opened at the first read, so that a caller who never reads leaves no file open.
      return piecesOf(path, objectId);
    },
    delete: (scope: BucketScope, objectId: string) =>
      storing(async () => {
        const path = pathOf(scope, objectId);
        if (await unlinkIfThere(path)) await syncFolder(dirname(path));
      }),
    async *list(scope: BucketScope) {
      const folder = folderOf(scope);
      for (const entry of await storing(() => entriesOf(folder))) {
        if (!entry.isFile() || !isId(entry.name)) continue;
        const found = await storing(() => statIfThere(join(folder, entry.name)));
        if (found !== undefined) yield { objectId: entry.name, sizeBytes: found.size, writtenAt: found.mtime };
      }
    },
    async *listBuckets() {
      for (const account of await storing(() => entriesOf(root))) {
        if (!account.isDirectory() || !isId(account.name)) continue;
        for (const project of await storing(() => entriesOf(join(root, account.name)))) {
          if (project.isDirectory() && isId(project.name)) yield { accountId: account.name, projectId: project.name };
        }
      }
    },
    async sweep(olderThan: Date) {
      let removed = 0;
      for await (const scope of this.listBuckets()) {
        const folder = folderOf(scope);
        for (const entry of await storing(() => entriesOf(folder))) {
          const path = join(folder, entry.name);
          if (!entry.name.endsWith(TEMPORARY_SUFFIX) || beingWritten.has(path)) continue;
          const found = await storing(() => statIfThere(path));
          if (found === undefined || found.mtime >= olderThan) continue;
          if (await storing(() => unlinkIfThere(path))) removed += 1;
        }
      }
      return removed;
    },
  };
}

async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStorageError(error);
  }
}

/** Errors of `content` come out as they are, those of the file system in words. */
async function writeDurably(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await storing(() => open(path, 'wx', 0o600));
  try {
    let writing = Promise.resolve();
    // The disk works while the next pieces are being sealed.
    for await (const pieces of inLargeParts(content)) {
      await writing;
      writing = storing(() => writeWhole(file, pieces));
      writing.catch(() => {});
    }
    await writing;
    await storing(() => file.sync());
  } finally {
    await file.close();
  }
}

async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  try {
    await syncFolder(dirname(to));
  } catch (error) {
    // The name may not be on the disk, so the caller hears that nothing was stored: then nothing may be there.
    await unlink(to).catch(() => {});
    throw error;
  }
}

/** Sealed streams come in many small pieces, and each write costs a turn of the thread pool. */
async function* inLargeParts(content: AsyncIterable<Uint8Array>): AsyncIterable<readonly Uint8Array[]> {
  let part: Uint8Array[] = [];
  let partBytes = 0;
  for await (const piece of content) {
    part.push(piece);
    partBytes += piece.length;
    if (partBytes < WRITE_PART_BYTES) continue;
    yield part;
    part = [];
    partBytes = 0;
  }
  yield part;
}

/** `writev` may take a part only, for example just before the disk is full. */
async function writeWhole(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let left = pieces.filter((piece) => piece.length > 0);
  while (left.length > 0) {
    let { bytesWritten } = await file.writev(left);
    left = left.flatMap((piece) => {
      const rest = piece.subarray(bytesWritten);
      bytesWritten -= piece.length - rest.length;
      return rest.length === 0 ? [] : [rest];
    });
  }
}

async function openToRead(path: string, objectId: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') throw notFound('object', objectId);
    throw error;
  }
}

/** Reads a piece ahead, so that the disk works while the piece before is being opened. */
async function* piecesOf(path: string, objectId: string): AsyncIterable<Uint8Array> {
  const file = await storing(() => openToRead(path, objectId));
  const readPiece = () => {
    // A new piece each time: readers may keep it.
    const reading = storing(() => file.read(Buffer.allocUnsafe(READ_PIECE_BYTES), 0, READ_PIECE_BYTES));
    // Its failure is met where it is waited for, if it is.
    reading.catch(() => {});
    return reading;
  };
  let reading = readPiece();
  try {
    for (;;) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      reading = readPiece();
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Makes a folder and those above it, and makes their names durable, up to the root's also where another put has just made them. */
async function makeFolder(folder: string, root: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  const highest = firstMade.length <= root.length ? dirname(firstMade) : root;
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === highest) return;
  }
}

async function removeFolder(folder: string): Promise<void> {
  // Retried: a save that is under way may add a file while the folder is emptied.
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await syncFolderIfThere(dirname(folder));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolderIfThere(folder: string): Promise<void> {
  await ifThere(() => syncFolder(folder));
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return (await ifThere(() => readdir(folder, { withFileTypes: true }))) ?? [];
}

async function statIfThere(path: string) {
  return ifThere(() => stat(path));
}

async function unlinkIfThere(path: string): Promise<boolean> {
  return (await ifThere(() => unlink(path).then(() => true))) ?? false;
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
