import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, type Secret } from '../core/index.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';
import { makePrivateFolder, syncFolder } from './private-folder.ts';
import { parseRootKeyFile, type RootKeyFile, rootKeyInClear, rootKeyUnderPassphrase } from './root-key-format.ts';

const MAX_FILE_BYTES = 1024;

/** Where the passphrase of a root key file comes from. */
export type PassphraseSource = {
  /** As `CLOISTER_KMS_PASSPHRASE_FILE` has it. */
  readonly given?: Secret;
  /** Asks the person at the terminal; undefined where nobody is there. */
  ask?(): Promise<Secret | undefined>;
};

/**
 * Reads the root key, or makes it when there is none and the caller says that nothing can be sealed under one yet. A new one is put under the
 * passphrase that was given.
 * @param mayCreate asked when there is no file; false when sealed data exists: a new key could not open it, so a missing file is then an error, never a new key.
 * @throws AppError `failed-precondition` when the file is missing, damaged, somebody else's to read, cannot be read or made, or its passphrase
 *   is not there; `permission-denied` when the passphrase is another one.
 */
export async function readOrCreateRootKey(
  path: string,
  mayCreate: () => Promise<boolean>,
  passphrase: PassphraseSource = {},
): Promise<Buffer> {
  const found = await findRootKey(path, passphrase);
  if (found !== undefined) return found;
  if (!(await mayCreate())) throw missingRootKey(path);
  const made = randomBytes(KEY_LENGTH_BYTES);
  try {
    await writeRootKey(path, made, { ...(passphrase.given === undefined ? {} : { passphrase: passphrase.given }) });
  } finally {
    made.fill(0);
  }
  // Another process may have made its key first: then that one counts.
  return readRootKey(path, passphrase);
}

/** {@link readOrCreateRootKey} of a file that must be there. */
export async function readRootKey(path: string, passphrase: PassphraseSource): Promise<Buffer> {
  const found = await findRootKey(path, passphrase);
  if (found === undefined) throw missingRootKey(path);
  return found;
}

/** {@link readRootKey}, or undefined where there is no file. */
export async function findRootKey(path: string, passphrase: PassphraseSource): Promise<Buffer | undefined> {
  const file = await findRootKeyFile(path);
  if (file === undefined) return undefined;
  return openRootKey(path, file, passphrase);
}

/** What is in the file, not yet opened. @throws AppError as {@link readOrCreateRootKey} */
export async function findRootKeyFile(path: string): Promise<RootKeyFile | undefined> {
  try {
    return await read(path);
  } catch (error) {
    throw asAppError(path, error);
  }
}

async function openRootKey(path: string, file: RootKeyFile, { given, ask }: PassphraseSource): Promise<Buffer> {
  if (file.kind === 'in-clear') {
    if (given === undefined) return file.rootKey;
    file.rootKey.fill(0);
    throw new AppError(
      'failed-precondition',
      `The root key file "${path}" is under no passphrase, although CLOISTER_KMS_PASSPHRASE_FILE is set. Put it under one with \`cloister keys set-passphrase\`, or remove the setting.`,
    );
  }
  const passphrase = given ?? (await ask?.());
  if (passphrase === undefined) {
    throw new AppError(
      'failed-precondition',
      `The root key file "${path}" is under a passphrase. Start at a terminal, which asks for it, or name a file that holds it in CLOISTER_KMS_PASSPHRASE_FILE.`,
    );
  }
  const rootKey = await file.open(passphrase);
  if (rootKey !== undefined) return rootKey;
  throw new AppError(
    'permission-denied',
    `The passphrase does not open the root key file "${path}". Try again; if it is lost, put the key back with \`cloister keys import-recovery\`.`,
  );
}

/**
 * Writes the key to the file: whole beside it first, then in its place, so that at every moment there is the file from before or the new one.
 * @param options.replaces false: where a file is there already, it stays and this one is dropped.
 */
export async function writeRootKey(
  path: string,
  rootKey: Buffer,
  options: { readonly passphrase?: Secret; readonly replaces?: boolean },
): Promise<void> {
  const { passphrase, replaces = false } = options;
  const content =
    passphrase === undefined ? rootKeyInClear(rootKey) : await rootKeyUnderPassphrase(rootKey, passphrase);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    await makePrivateFolder(dirname(path));
    try {
      await writeSynced(temporary, content);
      await (replaces ? rename(temporary, path) : linkUnlessThere(temporary, path));
    } finally {
      await unlink(temporary).catch(() => {});
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw asAppError(path, error);
  }
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** `link` fails when the name is taken, as O_EXCL does. */
async function linkUnlessThere(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

async function read(path: string): Promise<RootKeyFile | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const { mode, size, uid } = await file.stat();
    refuseReadableByOthers(path, mode, uid);
    if (size > MAX_FILE_BYTES) throw damaged(path);
    const bytes = await file.readFile();
    try {
      const parsed = parseRootKeyFile(bytes);
      if (parsed === undefined) throw damaged(path);
      return parsed;
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

export function missingRootKey(path: string): AppError {
  return new AppError(
    'failed-precondition',
    `The root key file "${path}" is missing, and this deployment has data that only that key opens. Put the file back from your copy or with \`cloister keys import-recovery\`, or set CLOISTER_KMS to where it is. No new key was made.`,
  );
}

function damaged(path: string): AppError {
  return new AppError(
    'failed-precondition',
    `The root key file "${path}" is damaged. Put it back from your copy or with \`cloister keys import-recovery\`; without it the saved data cannot be opened.`,
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
