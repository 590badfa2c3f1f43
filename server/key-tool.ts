/**
 * What `cloister keys` does with the root key file and the hardware module themselves, whether or not a server runs. The command line starts
 * it as a process of its own: `node server/key-tool.ts <request as JSON> <the server's flags>`. No secret is among its arguments; the result
 * or the refusal is JSON on standard output, questions are on standard error.
 */
import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { askPassphrase } from './ask-passphrase.ts';
import { findDeployment, placesOf, readProcessSettings, type Settings } from './config/index.ts';
import { AppError, isAppError, Secret, systemClock } from './core/index.ts';
import {
  changeRootKeyPassphrase,
  createKeyInToken,
  exportRootKey,
  importRootKey,
  isRootKeyUnderPassphrase,
  MIN_PASSPHRASE_CHARACTERS,
  type PassphraseSource,
} from './keys/index.ts';

const request = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('set-passphrase'),
    remove: z.boolean(),
    newPassphraseFile: z.string().min(1).optional(),
  }),
  z.strictObject({
    command: z.literal('export-recovery'),
    recipients: z.array(z.string().min(1)).min(1),
    output: z.string().min(1),
  }),
  z.strictObject({
    command: z.literal('import-recovery'),
    file: z.string().min(1),
    identityFile: z.string().min(1),
    force: z.boolean(),
  }),
  z.strictObject({
    command: z.literal('create-in-token'),
    keyId: z.string().min(1).max(200),
    providerId: z.string().min(1).optional(),
  }),
]);
type RequestOf<Command extends string> = Extract<z.infer<typeof request>, { command: Command }>;

const [given = '', ...flags] = process.argv.slice(2);
try {
  const result = await answer(request.parse(JSON.parse(given)), readProcessSettings(flags));
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  if (!isAppError(error)) throw error;
  process.stdout.write(`${JSON.stringify({ refusal: error.message })}\n`);
  process.exitCode = 1;
}

async function answer(asked: z.infer<typeof request>, settings: Settings): Promise<unknown> {
  process.umask(0o077);
  switch (asked.command) {
    case 'set-passphrase':
      return setPassphrase(asked, settings);
    case 'export-recovery':
      return exportRecovery(asked, settings);
    case 'import-recovery':
      return importRecovery(asked, settings);
    case 'create-in-token':
      return createKeyInToken(tokenUrlOf(settings, asked.providerId), asked.keyId);
  }
}

async function setPassphrase(asked: RequestOf<'set-passphrase'>, settings: Settings): Promise<unknown> {
  const { path } = rootKeyOf(settings);
  const next = asked.remove ? undefined : await nextPassphrase(asked, settings, path);
  await changeRootKeyPassphrase({ path, current: passphraseOf(settings), next });
  return { file: path, isUnderPassphrase: next !== undefined };
}

/** Where the setting is there already and the key still in clear, the setting says under which passphrase it is to be. */
async function nextPassphrase(
  { newPassphraseFile }: RequestOf<'set-passphrase'>,
  { kmsPassphrase }: Settings,
  path: string,
): Promise<Secret> {
  if (newPassphraseFile !== undefined) return new Secret((await read(newPassphraseFile)).replace(/\r?\n$/, ''));
  if (kmsPassphrase !== undefined && !(await isRootKeyUnderPassphrase(path))) return kmsPassphrase;
  const typed = await askPassphrase(
    `New passphrase for the root key (${MIN_PASSPHRASE_CHARACTERS} characters or more): `,
  );
  if (typed === undefined) {
    throw new AppError('invalid-argument', 'Name a file that holds the new passphrase with --new-passphrase-file.');
  }
  const again = await askPassphrase('The same again: ');
  if (again?.expose() === typed.expose()) return typed;
  throw new AppError('invalid-argument', 'The two were not the same. Nothing was changed; try again.');
}

async function exportRecovery(asked: RequestOf<'export-recovery'>, settings: Settings): Promise<unknown> {
  const { path, deploymentId } = rootKeyOf(settings);
  const { recipients, output } = asked;
  const at = systemClock.now();
  const content = await exportRootKey({ path, passphrase: passphraseOf(settings), recipients, deploymentId, at });
  await writeNew(output, content);
  return { file: output, deploymentId, madeAt: at.toISOString() };
}

async function importRecovery(asked: RequestOf<'import-recovery'>, settings: Settings): Promise<unknown> {
  const { path, deploymentId } = rootKeyOf(settings);
  const imported = await importRootKey({
    path,
    passphrase: passphraseOf(settings),
    content: Buffer.from(await read(asked.file, 'latin1'), 'latin1'),
    identities: new Secret(await read(asked.identityFile)),
    deploymentId,
    force: asked.force,
    at: systemClock.now(),
  });
  return { file: path, isUnderPassphrase: await isRootKeyUnderPassphrase(path), ...imported };
}

function rootKeyOf(settings: Settings): { path: string; deploymentId: string } {
  const deployment = findDeployment(settings.dataDirectory);
  const { kmsUrl } = placesOf(settings, deployment);
  if (kmsUrl.startsWith('local:')) {
    return { path: kmsUrl.slice('local:'.length), deploymentId: deployment.deploymentId };
  }
  throw new AppError(
    'failed-precondition',
    'The wrapping keys of this deployment come from the KMS in CLOISTER_KMS, so it has no root key file. Use what that KMS offers.',
  );
}

function passphraseOf({ kmsPassphrase }: Settings): PassphraseSource {
  return {
    ...(kmsPassphrase === undefined ? {} : { given: kmsPassphrase }),
    ask: () => askPassphrase('Passphrase of the root key: '),
  };
}

/** Without an id, the hardware module that there is. */
function tokenUrlOf({ kmsUrl = '', keyProviders }: Settings, providerId: string | undefined): string {
  const tokens = [{ id: 'pkcs11', url: kmsUrl }, ...keyProviders].filter(({ url }) => url.startsWith('pkcs11:'));
  const [found, another] = tokens.filter(({ id }) => providerId === undefined || id === providerId);
  if (found !== undefined && another === undefined) return found.url;
  throw new AppError(
    'invalid-argument',
    tokens.length === 0
      ? 'There is no hardware module: neither CLOISTER_KMS nor CLOISTER_KEY_PROVIDERS has a pkcs11: URL.'
      : `Name one hardware module with --provider: ${tokens.map(({ id }) => id).join(', ')}.`,
  );
}

async function read(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<string> {
  return readFile(path, encoding).catch((error: unknown) => {
    throw cannotBe('read', path, error);
  });
}

/** Never in the place of another file: that may be somebody's only copy. */
async function writeNew(path: string, content: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotBe('written', path, error);
  }
}

function cannotBe(done: 'read' | 'written', path: string, error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  return new AppError('failed-precondition', `The file "${path}" cannot be ${done} (${code}).`, { cause: error });
}
