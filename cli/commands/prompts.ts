import { type Command, Option } from 'commander';
import { z } from 'zod';
import {
  codeLanguage,
  deletion,
  type PromptTemplateSummary,
  projectList,
  promptCode,
  promptTemplate,
  promptTemplateList,
} from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { bytesInWords, table } from '../output.ts';
import type { CommandContext } from './context.ts';
import { isId, type PromptFile, readPromptFile, readVariables } from './prompt-file.ts';
import { RECEIPT_OPTION, showDeletion } from './receipts.ts';
import { runPrompt } from './run-prompt.ts';

type UseOptions = { readonly project?: string; readonly var: readonly string[] };

const PROMPT = ['<prompt>', 'a file, - for standard input, or the id of a saved prompt'] as const;
const IN_PROJECT = ['--project <id>', 'in which project (otherwise the only one)'] as const;
const VARIABLE = [
  '--var <name=value>',
  'the value of a variable; name=@file reads a file. What stands on a command line is in the shell’s history and seen by other users of the machine: give confidential values by file',
] as const;

/** For options that are given several times. */
const also = (value: string, before: readonly string[]) => [...before, value];

/** `cloister prompt …`: saved prompts, and running them. */
export function addPromptCommands(program: Command, context: CommandContext): void {
  const prompts = program.command('prompt').description('prompts: run, save, list; make code of them');
  addRunCommand(prompts, context);
  addCodeCommand(prompts, context);
  prompts
    .command('list')
    .description('list the saved prompts of a project, the newest change first')
    .argument('<project>', 'its id')
    .option('--find <text>', 'only what has this in its name, description or tags')
    .action(async (projectId: string, { find }: { find?: string }) => {
      const items = await allTemplates(context.control(), projectId, find);
      const rows = items.map(({ id, sizeBytes, updatedAt, name }) => [id, bytesInWords(sizeBytes), updatedAt, name]);
      context.output().result({ items }, table([['ID', 'SIZE', 'CHANGED', 'NAME'], ...rows]));
    });
  prompts
    .command('get')
    .description('open a saved prompt, as a file that run and save take')
    .argument('<project>', 'its id')
    .argument('<id>', 'the saved prompt’s')
    .action(async (projectId: string, id: string) => {
      const { name, description, content } = await open(context.control(), projectId, id);
      const file = { name, description, content };
      context.output().result(file, JSON.stringify(file, null, 2));
    });
  prompts
    .command('save')
    .description('save a prompt in a project; with --replace in place of one that is there')
    .argument('<project>', 'its id')
    .argument('<file>', 'the prompt, - for standard input')
    .option('--name <name>', 'its name (otherwise the one in the file)')
    .option('--description <text>', 'what it is')
    .option('--replace <id>', 'the saved prompt whose content it takes')
    .action(async (projectId: string, file: string, options: SaveOptions) => {
      const saved = await save(context.control(), projectId, await readPromptFile(file), options);
      context.output().result({ id: saved.id, name: saved.name }, `Saved ${saved.name} (${saved.id}).`);
    });
  prompts
    .command('delete')
    .description('delete a saved prompt for good; its key is destroyed first')
    .argument('<project>', 'its id')
    .argument('<id>', 'the saved prompt’s')
    .option(...RECEIPT_OPTION)
    .action(async (projectId: string, id: string, { receipt: file }: { receipt?: string }) => {
      const deleted = await context.control().call(deletion, 'DELETE', pathOf(projectId, id));
      showDeletion(context.output(), id, deleted, { words: `Deleted the saved prompt ${id}.`, file });
    });
}

function addRunCommand(prompts: Command, context: CommandContext): void {
  prompts
    .command('run')
    .description('run a prompt and print the answer as it comes; nothing of it is stored')
    .argument(...PROMPT)
    .option(...IN_PROJECT)
    .option(...VARIABLE, also, [])
    .option('--model <id>', 'another model than the prompt’s')
    .action(async (prompt: string, { model, ...options }: UseOptions & { readonly model?: string }) => {
      const output = context.output();
      const control = context.control();
      const { projectId, content, values } = await read(control, prompt, options);
      const used = model === undefined ? content : { ...content, modelId: model };
      const run = await runPrompt(
        control,
        projectId,
        { content: used, values },
        {
          text: (piece) => {
            if (!output.json) process.stdout.write(process.stdout.isTTY ? withoutControls(piece) : piece);
          },
          queued: (position) => output.progress(`Waiting: place ${position} in the queue.`),
        },
      );
      output.result(run, '');
      if (!output.json) process.stdout.write('\n');
      const { stopReason, inputTokens, outputTokens } = run;
      output.progress(`${inputTokens} tokens in, ${outputTokens} out; stopped by ${stopReason}.`);
    });
}

/** A model may write what a terminal would obey. */
const withoutControls = (text: string) => text.replace(/(?![\n\t])\p{Cc}/gu, '');

function addCodeCommand(prompts: Command, context: CommandContext): void {
  prompts
    .command('code')
    .description('print code that runs a prompt; the key is read from the environment')
    .argument(...PROMPT)
    .addOption(
      new Option('--language <language>', 'what the code is written in').choices(codeLanguage.options).default('curl'),
    )
    .option(...IN_PROJECT)
    .option(...VARIABLE, also, [])
    .action(async (prompt: string, { language, ...options }: UseOptions & { readonly language: string }) => {
      const control = context.control();
      const { projectId, content, values } = await read(control, prompt, options);
      const path = `/projects/${encodeURIComponent(projectId)}/prompt-code`;
      const made = await control.call(promptCode, 'POST', path, { content, values, language });
      for (const note of made.notes) context.output().progress(note);
      context.output().result(made, made.code);
    });
}

/** The prompt that a file or an id names, with its project and the values that were given. */
async function read(control: Control, prompt: string, options: UseOptions) {
  const projectId = options.project ?? (await onlyProject(control));
  const { content } = isId(prompt) ? await open(control, projectId, prompt) : await readPromptFile(prompt);
  return { projectId, content, values: await readVariables(options.var, content) };
}

async function onlyProject(control: Control): Promise<string> {
  const { items } = await control.call(projectList, 'GET', '/projects');
  const [first, ...others] = items;
  if (first !== undefined && others.length === 0) return first.id;
  const what = first === undefined ? 'There is no project yet' : 'There are several projects';
  throw new CommandError(`${what}: say --project ID. \`cloister project list\` shows them.`, EXIT.usage);
}

const open = (control: Control, projectId: string, id: string) =>
  control.call(promptTemplate, 'GET', pathOf(projectId, id));

/** What changing a prompt answers, as far as it is shown. */
const savedPrompt = z.object({ id: z.string(), name: z.string() });

type SaveOptions = { readonly name?: string; readonly description?: string; readonly replace?: string };

function save(
  control: Control,
  projectId: string,
  { content, ...inFile }: PromptFile,
  { replace, ...given }: SaveOptions,
): Promise<Pick<PromptTemplateSummary, 'id' | 'name'>> {
  if (replace !== undefined) {
    return control.call(savedPrompt, 'PATCH', pathOf(projectId, replace), { ...given, content });
  }
  const name = given.name ?? inFile.name;
  if (name === undefined) throw new CommandError('The file has no name: say --name NAME.', EXIT.usage);
  const description = given.description ?? inFile.description ?? '';
  return control.call(promptTemplate, 'POST', pathOf(projectId), { name, description, content });
}

async function allTemplates(control: Control, projectId: string, find?: string): Promise<PromptTemplateSummary[]> {
  const items: PromptTemplateSummary[] = [];
  let cursor: string | undefined;
  do {
    const body = {
      limit: 200,
      ...(find === undefined ? {} : { q: find }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const page = await control.call(promptTemplateList, 'POST', pathOf(projectId, 'search'), body);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

function pathOf(projectId: string, rest?: string): string {
  const path = `/projects/${encodeURIComponent(projectId)}/prompt-templates`;
  return rest === undefined ? path : `${path}/${encodeURIComponent(rest)}`;
}
