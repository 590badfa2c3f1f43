import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { importedModel, type Model, type ModelState, modelList } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { bytesInWords, type Output, table } from '../output.ts';
import type { CommandContext } from './context.ts';

const LOOK_AGAIN_MS = 500;
/** An id has at most 200 characters. */
const LONGEST_NAME = 190;

export function addModelCommands(program: Command, context: CommandContext): void {
  const models = program.command('models').description('the models that the built-in engine runs');
  models
    .command('list')
    .description('list the models and whether they are installed')
    .action(async () => list(context.control(), context.output()));
  models
    .command('pull')
    .description('fetch a model and wait until it is installed')
    .argument('<id>', 'for example huggingfacetb/smollm2-135m-instruct')
    .action(async (id: string) => pull(context.control(), context.output(), id));
  models
    .command('import')
    .description('install a model from a GGUF file')
    .argument('<file>')
    .option('--id <id>', 'the name that requests will use, publisher/name (otherwise local/ and the name of the file)')
    .action(async (file: string, { id }: { id?: string }) =>
      importFile(context.control(), context.output(), file, id ?? idOfFile(file)),
    );
  models
    .command('remove')
    .description("remove a model's file")
    .argument('<id>')
    .action(async (id: string) => {
      const output = context.output();
      await context.control().run('DELETE', modelPath(id));
      output.result({ removed: id }, `Removed ${id}.`);
    });
}

async function list(control: Control, output: Output): Promise<void> {
  const { items } = await control.call(modelList, 'GET', '/models');
  const rows = items.map((model) => [
    model.modelId,
    model.sizeBytes === null ? '' : bytesInWords(model.sizeBytes),
    model.licence,
    stateInWords(model.installation),
  ]);
  output.result({ items }, table([['MODEL', 'SIZE', 'LICENCE', 'STATE'], ...rows]));
}

async function pull(control: Control, output: Output, id: string): Promise<void> {
  await control.run('POST', `${modelPath(id)}/pull`);
  let shown = '';
  for (;;) {
    const model = await find(control, id);
    const state = model.installation;
    if (state.state === 'available') {
      output.result({ model }, `Installed ${id}.`);
      return;
    }
    if (state.state === 'failed') throw new CommandError(state.detail);
    if (state.state === 'absent') throw new CommandError(`The server stopped fetching ${id}. Run the command again.`);
    const line = progressLine(state);
    if (line !== shown) output.progressInPlace(line);
    shown = line;
    await wait(LOOK_AGAIN_MS);
  }
}

async function importFile(control: Control, output: Output, file: string, id: string): Promise<void> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new CommandError(`There is no file ${file}.`, EXIT.usage);
  output.progress(`Sending ${bytesInWords(found.size)} as ${id} …`);
  const model = await control.upload(importedModel, `${modelPath(id)}/file`, createReadStream(file), found.size);
  output.result({ model }, `Installed ${model.modelId}.`);
}

/** `./My Model.Q4_K_M.gguf` → `local/my-model.q4_k_m`: what of the name the server takes in an id. */
export function idOfFile(file: string): string {
  const name = basename(file)
    .toLowerCase()
    .replace(/\.gguf$/, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, LONGEST_NAME)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  if (name !== '') return `local/${name}`;
  throw new CommandError(`The name of ${file} makes no model id. Give one with --id publisher/name.`, EXIT.usage);
}

async function find(control: Control, id: string): Promise<Model> {
  const { items } = await control.call(modelList, 'GET', '/models');
  const model = items.find(({ modelId }) => modelId === id);
  if (model === undefined) throw new CommandError(`There is no model ${id}. \`cloister models list\` names them all.`);
  return model;
}

/** The bar moves by whole percents, so that elsewhere than on a terminal at most 100 lines are written. */
function progressLine(state: Extract<ModelState, { state: 'pulling' }>): string {
  if (!state.totalBytes) return `Fetching from ${state.source} …`;
  const percent = Math.floor((100 * state.receivedBytes) / state.totalBytes);
  const total = bytesInWords(state.totalBytes);
  if (!process.stderr.isTTY) return `Fetching from ${state.source}: ${percent - (percent % 10)} % of ${total}`;
  const filled = Math.round(percent / 4);
  return `${state.source} [${'#'.repeat(filled)}${'.'.repeat(25 - filled)}] ${percent} % of ${total}`;
}

function stateInWords(state: ModelState): string {
  if (state.state === 'pulling') return progressLine(state);
  if (state.state === 'failed') return `failed: ${state.detail}`;
  return state.state === 'available' ? 'installed' : 'not installed';
}

function modelPath(id: string): string {
  return `/models/${encodeURIComponent(id)}`;
}
