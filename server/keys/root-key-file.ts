import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../core/index.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';

/**
 * The file that holds the local root key, three lines of text so that a person can copy it to a safe place:
 *
 *     cloister-root-key 1
 *     <64 hexadecimal digits: the key>
 *     <64 hexadecimal digits: SHA-256 of the two lines above, line feeds included>
 */
const FIRST_LINE = 'cloister-root-key 1\n';
const FILE = /^(cloister-root-key 1\n([0-9a-f]{64})\n)([0-9a-f]{64})\n$/;
const MAX_FILE_BYTES = 1024;

/**
 * Reads the root key, or makes it when there is none and the caller says that nothing can be sealed under one yet.
 * @param mayCreate false when sealed data exists: a new key could not open it, so a missing file is then an error, never a new key.
 * @throws AppError `failed-precondition` when the file is missing, damaged, somebody else's to read, or cannot be read or made.
 */
export async function readOrCreateRootKey(path: string, mayCreate: boolean): Promise<Buffer> {
  try {
    const found = await read(path);
    if (found !== undefined) return found;
    if (!mayCreate) {
      throw new AppError(
        'failed-precondition',
        `The root key file "${path}" is missing, and this deployment has data that only that key opens. Put the file back from your copy, or set CLOISTER_KMS to where it is. No new key was made.`,
      );
    }
    await create(path);
    const created = await read(path);
    if (created === undefined) throw new Error('the file was made and is not there');
    return created;
  } catch (error) {
    throw asAppError(path, error);
  }
}

async function read(path: string): Promise<Buffer | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const { mode, size, uid } = await file.stat();
    refuseReadableByOthers(path, mode, uid);
    if (size > MAX_FILE_BYTES) throw damaged(path);
    const bytes = await file.readFile();
    try {
      return parse(path, bytes);
    } finally {
      bytes.fill(0);
    }
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function refuseReadableByOthers(path: string, mode: number, uid: number): void {
  const others = mode & 0o077;
  const own = process.getuid?.();
  if (others === 0 && (own === undefined || uid === own || own === 0)) return;
  throw new AppError(
    'failed-precondition',
    `The root key file "${path}" can be read or changed by others than its owner. If nobody else has seen it, run: chmod 600 "${path}"`,
  );
}

function parse(path: string, bytes: Buffer): Buffer {
  const match = FILE.exec(bytes.toString('latin1'));
  const [, covered, key, checksum] = match ?? [];
  if (covered === undefined || key === undefined || checksum === undefined) throw damaged(path);
  if (!timingSafeEqual(checksumOf(covered), Buffer.from(checksum, 'hex'))) throw damaged(path);
  return Buffer.from(key, 'hex');
}

/** Writes a whole file beside it first and links it into place: a crash leaves no file or a whole one, and nobody's file is replaced. */
async function create(path: string): Promise<void> {
  const folder = dirname(path);
  await makePrivateFolder(folder);
  const key = randomBytes(KEY_LENGTH_BYTES);
  const covered = `${FIRST_LINE}${key.toString('hex')}\n`;
  key.fill(0);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${covered}${checksumOf(covered).toString('hex')}\n`);
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    await linkUnlessThere(temporary, path);
  } finally {
    await unlink(temporary).catch(() => {});
  }
  await syncFolder(folder);
}

/** `link` fails when the name is taken, as O_EXCL does. Another process may have made its key first: then that one counts. */
async function linkUnlessThere(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

async function makePrivateFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  // A new folder's name is on the disk only when its parent is synced; `firstMade` is the topmost new one.
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === firstMade || made === dirname(made)) return;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function checksumOf(covered: string): Buffer {
  return createHash('sha256').update(covered, 'latin1').digest();
}

function damaged(path: string): AppError {
  return new AppError(
    'failed-precondition',
    `The root key file "${path}" is damaged. Put it back from your copy; without it the saved data cannot be opened.`,
  );
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function asAppError(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error) ?? 'unknown error';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('resource-exhausted', `The disk is full: the root key file "${path}" cannot be written.`, {
      cause: error,
    });
  }
  return new AppError(
    'failed-precondition',
    `The root key file "${path}" cannot be used (${code}). It must be a file, and the server must be able to read it; for a new one, to write its folder. CLOISTER_KMS says where it is.`,
    { cause: error },
  );
}
