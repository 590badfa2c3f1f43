import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { z } from 'zod';
import { type PromptContent, promptContent, type VariableValues } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';

/** A saved prompt as a file: what `cloister prompt get` writes and what `save`, `run` and `code` read. Other fields are ignored. */
const promptFile = z.object({
  name: z.string().optional(),
  description: z.string().optional(),
  content: promptContent,
});
export type PromptFile = z.infer<typeof promptFile>;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const isId = (text: string): boolean => ID.test(text);

/**
 * Reads a prompt from a file, or `-` for standard input.
 * @throws CommandError that names the faulty fields and quotes nothing of the file
 */
export async function readPromptFile(file: string): Promise<PromptFile> {
  const parsed = promptFile.safeParse(parseJson(await readAll(file), file));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `\n  ${path.join('.') || 'the file'}: ${message}`);
  throw new CommandError(
    `${nameOf(file)} is no saved prompt. \`cloister prompt get\` shows what one looks like.${faults.join('')}`,
    EXIT.usage,
  );
}

/**
 * The values of `--var name=value`, of which `name=@file` is a file's text and `name=@-` that of standard input.
 * @throws CommandError for what is no such pair, or names a variable that the prompt has not
 */
export async function readVariables(pairs: readonly string[], content: PromptContent): Promise<VariableValues> {
  const declared = content.variables.map(({ name }) => name);
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(pair) ?? [];
    if (name === '') throw new CommandError('Say --var NAME=VALUE, or --var NAME=@FILE.', EXIT.usage);
    if (!declared.includes(name)) {
      const known = declared.length === 0 ? 'It has none' : `It has ${declared.join(', ')}`;
      throw new CommandError(`The prompt has no variable ${name}. ${known}.`, EXIT.usage);
    }
    values[name] = value.startsWith('@') ? await readAll(value.slice(1)) : value;
  }
  return values;
}

async function readAll(file: string): Promise<string> {
  if (file === '-') return readText(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const what = code === 'ENOENT' ? 'There is no such file' : `It cannot be read (${code})`;
    throw new CommandError(`${what}: ${file}.`, EXIT.usage);
  }
}

/** Parsers quote what they read, so their words are not passed on. */
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${nameOf(file)} is not JSON.`, EXIT.usage);
  }
}

const nameOf = (file: string) => (file === '-' ? 'Standard input' : file);
