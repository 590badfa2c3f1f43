import { link } from 'node:fs/promises';
import { dirname } from 'node:path';
import { armor, Decrypter, Encrypter } from 'age-encryption';
import { z } from 'zod';
import { AppError, isAppError, type Secret } from '../core/index.ts';
import { syncFolder } from './private-folder.ts';
import {
  findRootKey,
  findRootKeyFile,
  missingRootKey,
  type PassphraseSource,
  readRootKey,
  writeRootKey,
} from './root-key-file.ts';
import { rootKeyChecksum } from './root-key-format.ts';

/** What is in a recovery file, once age has opened it. */
const recoveryFile = z.strictObject({
  kind: z.literal('cloister-root-key-recovery'),
  version: z.literal(1),
  deploymentId: z.string().min(1),
  rootKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** As in a root key file. */
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
  madeAt: z.iso.datetime(),
});

/**
 * Puts a root key file under a passphrase, under another one, or under none.
 * @param options.next undefined takes the passphrase away.
 */
export async function changeRootKeyPassphrase(options: {
  readonly path: string;
  readonly current: PassphraseSource;
  readonly next: Secret | undefined;
}): Promise<void> {
  const { path, current, next } = options;
  const rootKey = await readRootKey(path, await onlyWhereNeeded(path, current));
  try {
    await writeRootKey(path, rootKey, { replaces: true, ...(next === undefined ? {} : { passphrase: next }) });
  } finally {
    rootKey.fill(0);
  }
}

/**
 * The root key as an armored age file, for whoever has an identity of the recipients.
 * @param options.recipients as age writes them (`age1…`), at least one
 * @throws AppError `invalid-argument` for what is no recipient.
 */
export async function exportRootKey(options: {
  readonly path: string;
  readonly passphrase: PassphraseSource;
  readonly recipients: readonly string[];
  readonly deploymentId: string;
  readonly at: Date;
}): Promise<string> {
  const { path, recipients, deploymentId, at } = options;
  const encrypter = encrypterFor(recipients);
  const rootKey = await readRootKey(path, await onlyWhereNeeded(path, options.passphrase));
  try {
    const content: z.input<typeof recoveryFile> = {
      kind: 'cloister-root-key-recovery',
      version: 1,
      deploymentId,
      rootKey: rootKey.toString('hex'),
      checksum: rootKeyChecksum(rootKey),
      madeAt: at.toISOString(),
    };
    return armor.encode(await encrypter.encrypt(`${JSON.stringify(content, null, 2)}\n`));
  } finally {
    rootKey.fill(0);
  }
}

export type ImportedRootKey = {
  readonly deploymentId: string;
  readonly madeAt: string;
  /** False: this very key was there already. */
  readonly isNew: boolean;
  /** Where the file is now that was there before, when one was replaced. */
  readonly before?: string;
};

/**
 * Puts the root key of a recovery file into its place, under the passphrase that is given.
 * @param options.content the file, armored or not
 * @param options.identities an age identity file: `AGE-SECRET-KEY-…` lines, comments
 * @param options.deploymentId of the data directory; the recovery file must be this deployment's
 * @param options.force true: also in the place of another key, which is kept beside it, and for another deployment
 * @throws AppError `permission-denied` when no identity opens it, `failed-precondition` when it is damaged or would replace something.
 */
export async function importRootKey(options: {
  readonly path: string;
  readonly passphrase: PassphraseSource;
  readonly content: Uint8Array;
  readonly identities: Secret;
  readonly deploymentId: string;
  readonly force: boolean;
  readonly at: Date;
}): Promise<ImportedRootKey> {
  const { path, passphrase, force, at } = options;
  const { deploymentId, madeAt, rootKey } = await openRecoveryFile(options.content, options.identities);
  try {
    if (deploymentId !== options.deploymentId && !force) {
      throw new AppError(
        'failed-precondition',
        `The recovery file is for the deployment ${deploymentId}, and this data directory belongs to ${options.deploymentId}. Use the file of this one; --force puts the key there all the same.`,
      );
    }
    const told = { deploymentId, madeAt };
    const there = await whatIsThere(path, rootKey, passphrase);
    if (there === 'this key') return { ...told, isNew: false };
    if (there === 'another' && !force) {
      throw new AppError(
        'failed-precondition',
        `The root key file "${path}" holds another key, or cannot be opened. If nothing is sealed by it, --force puts the new one in its place, and keeps it beside.`,
      );
    }
    const before = there === 'another' ? await keepBeside(path, at) : undefined;
    await writeRootKey(path, rootKey, {
      replaces: before !== undefined,
      ...(passphrase.given === undefined ? {} : { passphrase: passphrase.given }),
    });
    return { ...told, isNew: true, ...(before === undefined ? {} : { before }) };
  } finally {
    rootKey.fill(0);
  }
}

/** @throws AppError `failed-precondition` when the file is not there or cannot be used. */
export async function isRootKeyUnderPassphrase(path: string): Promise<boolean> {
  const file = await findRootKeyFile(path);
  if (file === undefined) throw missingRootKey(path);
  if (file.kind === 'in-clear') file.rootKey.fill(0);
  return file.kind === 'under-passphrase';
}

/** A command that is to put a key under a passphrase may find it under none: then the one that was given is for what comes. */
async function onlyWhereNeeded(path: string, passphrase: PassphraseSource): Promise<PassphraseSource> {
  const file = await findRootKeyFile(path);
  if (file?.kind !== 'in-clear') return passphrase;
  file.rootKey.fill(0);
  return {};
}

async function whatIsThere(path: string, rootKey: Buffer, passphrase: PassphraseSource) {
  try {
    const found = await findRootKey(path, await onlyWhereNeeded(path, passphrase));
    if (found === undefined) return 'nothing';
    const isSame = found.equals(rootKey);
    found.fill(0);
    return isSame ? 'this key' : 'another';
  } catch (error) {
    if (isAppError(error, 'failed-precondition') || isAppError(error, 'permission-denied')) return 'another';
    throw error;
  }
}

/** A second name of the file, which stays when another one takes its place. */
async function keepBeside(path: string, at: Date): Promise<string> {
  const beside = `${path}.until-${at.toISOString().replaceAll(':', '-')}`;
  await link(path, beside);
  await syncFolder(dirname(path));
  return beside;
}

function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      // Quoted only where it is none by mistake of a letter: anything else may be the identity, the secret half.
      const given = recipient.startsWith('age1') ? `"${recipient}"` : 'What was given';
      throw new AppError(
        'invalid-argument',
        `${given} is no age recipient. \`age-keygen\` prints one; it begins with age1.`,
        { cause: error },
      );
    }
  }
  return encrypter;
}

async function openRecoveryFile(content: Uint8Array, identities: Secret) {
  const decrypter = new Decrypter();
  for (const identity of identities.expose().split(/\r?\n/).filter(isIdentity)) addIdentity(decrypter, identity);
  const text = await decrypter.decrypt(unarmored(content), 'text').catch((cause: unknown) => {
    throw new AppError(
      'permission-denied',
      'The recovery file is damaged, or none of these identities opens it. Use the identity of a recipient that it was made for.',
      { cause },
    );
  });
  const parsed = recoveryFile.safeParse(jsonOf(text));
  const rootKey = Buffer.from(parsed.data?.rootKey ?? '', 'hex');
  if (!parsed.success || rootKeyChecksum(rootKey) !== parsed.data.checksum) {
    throw new AppError(
      'failed-precondition',
      'This is no recovery file of a root key, or it is damaged. `cloister keys export-recovery` makes one.',
    );
  }
  return { deploymentId: parsed.data.deploymentId, madeAt: parsed.data.madeAt, rootKey };
}

function isIdentity(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#');
}

function addIdentity(decrypter: Decrypter, identity: string): void {
  try {
    decrypter.addIdentity(identity.trim());
  } catch {
    // What it says quotes what it was given.
    throw new AppError(
      'invalid-argument',
      'The identity file must hold lines that begin with AGE-SECRET-KEY-, as `age-keygen` writes them.',
    );
  }
}

function unarmored(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content).toString('latin1');
  if (!text.includes('-----BEGIN AGE ENCRYPTED FILE-----')) return content;
  try {
    return armor.decode(text);
  } catch {
    return new Uint8Array();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
