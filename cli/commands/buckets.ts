import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  type BucketObject,
  bucketGrant,
  bucketGrantList,
  bucketObject,
  bucketObjectList,
  deletion,
} from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { bytesInWords, type Output, table } from '../output.ts';
import { findMember, oneOf, required, unknownAction } from './collaborators.ts';
import type { CommandContext } from './context.ts';
import { downloadFile } from './download-file.ts';
import { RECEIPT_OPTION, showDeletion } from './receipts.ts';

type Options = { readonly access: string; readonly id?: string; readonly output?: string; readonly receipt?: string };

type Call = {
  readonly control: Control;
  readonly output: Output;
  readonly projectId: string;
  readonly what: string | undefined;
  readonly options: Options;
};

/** `cloister bucket <project> <action>`: a project has one bucket. */
export function addBucketCommands(program: Command, context: CommandContext): void {
  program
    .command('bucket')
    .description('the storage bucket of a project: who was granted it, and its objects')
    .argument('<project>', 'its id')
    .argument('<action>', `${Object.keys(actions).join(', ')}`)
    .argument('[what]', 'grant, revoke: e-mail address, name or id; get, delete: id of the object; put: a file')
    .addOption(new Option('--access <access>', 'for grant').choices(['reader', 'writer']).default('reader'))
    .option('--id <id>', 'for put: the id of the object, a UUID (otherwise a new one)')
    .option('--output <file>', 'for get: where to write it (otherwise standard output)')
    .option(...RECEIPT_OPTION)
    .action(async (projectId: string, action: string, what: string | undefined, options: Options) => {
      const run = actions[action];
      if (run === undefined) throw unknownAction(action, Object.keys(actions));
      await run({ control: context.control(), output: context.output(), projectId, what, options });
    });
}

const actions: Readonly<Record<string, (call: Call) => Promise<void>>> = {
  async grants({ control, output, projectId }) {
    const { items } = await control.call(bucketGrantList, 'GET', bucketPath(projectId, 'grants'));
    const rows = items.map(({ userId, name, email, access }) => [userId, name, email ?? '', access]);
    output.result({ items }, table([['ID', 'NAME', 'E-MAIL', 'ACCESS'], ...rows]));
  },

  async grant({ control, output, projectId, what, options: { access } }) {
    const { userId } = await findMember(control, projectId, required(what));
    const granted = await control.call(bucketGrant, 'PUT', bucketPath(projectId, 'grants', userId), { access });
    output.result(granted, `${granted.name} is ${granted.access} of the bucket now.`);
  },

  async revoke({ control, output, projectId, what }) {
    const { items } = await control.call(bucketGrantList, 'GET', bucketPath(projectId, 'grants'));
    const { userId, name } = oneOf(items, required(what));
    await control.run('DELETE', bucketPath(projectId, 'grants', userId));
    output.result({ revoked: userId }, `${name} has no grant of the bucket any more.`);
  },

  async list({ control, output, projectId }) {
    const items = await allObjects(control, projectId);
    const rows = items.map(({ objectId, sealedSizeBytes, createdAt, belongsToAsset }) => [
      objectId,
      bytesInWords(sealedSizeBytes),
      createdAt,
      belongsToAsset ? 'asset' : 'object',
    ]);
    output.result({ items }, table([['ID', 'SEALED SIZE', 'PUT', 'WHAT'], ...rows]));
  },

  async get({ control, output, projectId, what, options }) {
    const path = bucketPath(projectId, 'objects', required(what));
    if (options.output === undefined) return control.download(path, process.stdout);
    await downloadFile(control, path, options.output);
    output.result({ objectId: what, file: options.output }, `Wrote ${options.output}.`);
  },

  async put({ control, output, projectId, what, options: { id = randomUUID() } }) {
    const name = required(what);
    const found = statSync(name, { throwIfNoEntry: false });
    if (!found?.isFile()) throw new CommandError(`There is no file ${name}.`, EXIT.usage);
    const path = bucketPath(projectId, 'objects', id);
    const object = await control.upload(bucketObject, path, createReadStream(name), found.size);
    output.result(object, `Put ${name} into the bucket:\n${object.objectId}`);
  },

  async delete({ control, output, projectId, what, options: { receipt: file } }) {
    const id = required(what);
    const deleted = await control.call(deletion, 'DELETE', bucketPath(projectId, 'objects', id));
    showDeletion(output, id, deleted, { words: `Deleted the object ${id}.`, file });
  },
};

async function allObjects(control: Control, projectId: string): Promise<BucketObject[]> {
  const items: BucketObject[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor === undefined ? {} : { cursor }) });
    const page = await control.call(bucketObjectList, 'GET', `${bucketPath(projectId, 'objects')}?${query}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

function bucketPath(projectId: string, ...parts: readonly string[]): string {
  return ['', 'projects', projectId, 'bucket', ...parts].map(encodeURIComponent).join('/');
}
