import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { compactVerify, createLocalJWKSet } from 'jose';
import { z } from 'zod';
import { type Deletion, deletionReceipt, receiptKeys, verifiedReceipt } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Output } from '../output.ts';
import type { CommandContext } from './context.ts';

/** What a command that deletes takes: where the receipt goes. */
export const RECEIPT_OPTION = [
  '--receipt <file>',
  'where to write the deletion receipt (otherwise it is printed)',
] as const;

export function addReceiptCommands(program: Command, context: CommandContext): void {
  const receipts = program.command('receipt').description('receipts of deletions');
  receipts
    .command('verify')
    .description('check that a deployment signed a deletion receipt, and show what it says')
    .argument('<file>', 'the receipt')
    .option('--keys <file>', 'without a server: public keys that were fetched before from /api/v1/receipts/keys')
    .action(async (file: string, { keys }: { keys?: string }) => {
      const receipt = readText(file).trim();
      const said =
        keys === undefined
          ? (await context.control().call(verifiedReceipt, 'POST', '/receipts/verify', { receipt })).receipt
          : await verifyWith(readText(keys), receipt);
      const { what, deletedAt, by, sealedObjects } = said;
      context
        .output()
        .result(
          said,
          `The receipt is genuine: ${what.type} ${what.id} was deleted at ${deletedAt} by ${by.userId}, with ${sealedObjects} sealed ${sealedObjects === 1 ? 'object' : 'objects'} and their keys.`,
        );
    });
}

/** Shows a deletion with its receipt, or puts the receipt into a new file. */
export function showDeletion(
  output: Output,
  deleted: string,
  { receipt }: Deletion,
  { words, file }: { readonly words: string; readonly file: string | undefined },
): void {
  if (file === undefined) {
    output.result({ deleted, receipt }, `${words} The receipt:\n${receipt}`);
    return;
  }
  keepReceipt(file, receipt, words);
  output.result({ deleted, receipt: file }, `${words} The receipt is in ${file}.`);
}

/** Puts a receipt into a new file. @param words what was deleted, for the error when that fails */
export function keepReceipt(file: string, receipt: string, words: string): void {
  try {
    writeFileSync(file, `${receipt}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // What is deleted is deleted, and nobody gives out the receipt again.
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandError(`${words} The receipt cannot be written to ${file} (${code}), so it is here:\n${receipt}`);
  }
}

async function verifyWith(keys: string, receipt: string) {
  const known = receiptKeys.safeParse(parseJson(keys));
  if (!known.success) throw new CommandError('The file of keys is none: it must be a JSON Web Key Set.', EXIT.usage);
  let text: string;
  try {
    const keySet = createLocalJWKSet(known.data);
    text = Buffer.from((await compactVerify(receipt, keySet, { algorithms: ['EdDSA'] })).payload).toString('utf8');
  } catch {
    throw new CommandError('None of these keys signed this receipt, or it was changed.');
  }
  const said = deletionReceipt.safeParse(parseJson(text));
  if (said.success) return said.data;
  throw new CommandError(
    'One of these keys signed this, but it is no deletion receipt of a version that this command knows.',
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandError(`${file} cannot be read (${code}).`, EXIT.usage);
  }
}

function parseJson(text: string): unknown {
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
