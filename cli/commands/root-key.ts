import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from './context.ts';

const fileOfRootKey = z.object({ file: z.string(), isUnderPassphrase: z.boolean() });
const exported = z.object({ file: z.string(), deploymentId: z.string(), madeAt: z.string() });
const imported = fileOfRootKey.extend({
  deploymentId: z.string(),
  madeAt: z.string(),
  isNew: z.boolean(),
  before: z.string().optional(),
});
const refused = z.object({ refusal: z.string() });
const keyInToken = z.object({ keyVersion: z.int() });

/** Commands on the root key file and the hardware module themselves: they work with the server stopped, and need no sign-in but the files. */
export function addRootKeyCommands(keys: Command, context: CommandContext): void {
  const ask = <T>(schema: z.ZodType<T>, request: object) =>
    askKeyTool(schema, request, context.control().dataDirectory);

  keys
    .command('set-passphrase')
    .description('put the root key file under a passphrase, or another one; the server needs it at every start')
    .option('--new-passphrase-file <file>', 'a file that holds the new one; otherwise it is asked for')
    .option('--remove', 'take it away: whoever can read the file has the key')
    .action(async ({ newPassphraseFile, remove }: { newPassphraseFile?: string; remove?: boolean }) => {
      const request = { command: 'set-passphrase', remove: remove === true, newPassphraseFile };
      const done = await ask(fileOfRootKey, request);
      context
        .output()
        .result(
          done,
          done.isUnderPassphrase
            ? `The root key in ${done.file} is under the new passphrase. The next start asks for it, or reads it from CLOISTER_KMS_PASSPHRASE_FILE.`
            : `The root key in ${done.file} is under no passphrase any more. Remove CLOISTER_KMS_PASSPHRASE_FILE.`,
        );
    });

  keys
    .command('export-recovery')
    .description('write the root key into a file that only the holder of an age identity can open')
    .requiredOption('--recipient <recipient...>', 'who can open it: age1…, as age-keygen prints')
    .requiredOption('--output <file>', 'the file; it must not be there yet')
    .action(async ({ recipient, output }: { recipient: string[]; output: string }) => {
      const done = await ask(exported, { command: 'export-recovery', recipients: recipient, output });
      context
        .output()
        .result(
          done,
          `The root key of the deployment ${done.deploymentId} is in ${done.file}. Keep it away from this machine, and the identity in another place still.`,
        );
    });

  keys
    .command('import-recovery')
    .description('put the root key back from such a file')
    .argument('<file>', 'the recovery file')
    .requiredOption('--identity <file>', 'the age identity file of a recipient')
    .option('--force', 'also in the place of another key, which is kept beside it, and for another deployment')
    .action(async (file: string, { identity, force }: { identity: string; force?: boolean }) => {
      const request = { command: 'import-recovery', file, identityFile: identity, force: force === true };
      const done = await ask(imported, request);
      context.output().result(done, importedInWords(done));
    });

  keys
    .command('create-in-token')
    .description('make an AES-256 key in a hardware module, which it cannot leave')
    .argument('<label>', 'by which an account or a project is bound to it')
    .option('--provider <id>', 'which hardware module, where there are several')
    .action(async (keyId: string, { provider }: { provider?: string }) => {
      const done = await ask(keyInToken, { command: 'create-in-token', keyId, providerId: provider });
      context.output().result({ keyId, ...done }, `The key "${keyId}" is in the token, in version ${done.keyVersion}.`);
    });
}

function importedInWords({
  file,
  isUnderPassphrase,
  deploymentId,
  madeAt,
  isNew,
  before,
}: z.infer<typeof imported>): string {
  const of = `the deployment ${deploymentId}, from the recovery file of ${madeAt},`;
  if (!isNew) return `The root key of ${of} was in ${file} already.`;
  const kept = before === undefined ? '' : ` What was there before is in ${before}.`;
  const open = isUnderPassphrase ? '' : ' It is under no passphrase; `cloister keys set-passphrase` puts it under one.';
  return `The root key of ${of} is in ${file}.${kept}${open}`;
}

/** Its questions go to this terminal. What nobody foresaw, it writes there too. */
async function askKeyTool<T>(schema: z.ZodType<T>, request: object, dataDirectory: string): Promise<T> {
  const program = resolve(import.meta.dirname, '../../server/key-tool.ts');
  const tool = spawn(process.execPath, [program, JSON.stringify(request), '--data', dataDirectory], {
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  const [answer, [code]] = await Promise.all([text(tool.stdout), once(tool, 'exit')]);
  if (code === 0) return schema.parse(JSON.parse(answer));
  const { data } = refused.safeParse(answer === '' ? undefined : JSON.parse(answer));
  throw new CommandError(
    data?.refusal ?? 'The command did not come to its end, and nothing can be said of what it did.',
  );
}
