import { type Command, Option } from 'commander';
import { type Asset, asset, assetList, assetSort, deletion, sortOrder } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { bytesInWords, table } from '../output.ts';
import type { CommandContext } from './context.ts';
import { downloadFile } from './download-file.ts';
import { RECEIPT_OPTION, showDeletion } from './receipts.ts';
import { addUploadCommand } from './upload-file.ts';

type ListOptions = {
  readonly find?: string;
  readonly type?: string;
  readonly tag?: string;
  readonly sort?: string;
  readonly order?: string;
};
type TagOptions = { readonly add?: readonly string[]; readonly remove?: readonly string[] };

/** `cloister asset …`: what is saved in a project, whatever it is. @returns the group, for commands of other files */
export function addAssetCommands(program: Command, context: CommandContext): Command {
  const assets = program.command('asset').description('what is saved in a project: prompts, data, documents');
  addListCommand(assets, context);
  addUploadCommand(assets, context);
  assets
    .command('get')
    .description('download the content of a data asset')
    .argument('<project>', 'its id')
    .argument('<asset>', 'its id')
    .option('--output <file>', 'where to write it (otherwise standard output)')
    .action(async (projectId: string, assetId: string, { output: file }: { output?: string }) => {
      const path = `${pathOf(projectId, assetId)}/content`;
      if (file === undefined) return context.control().download(path, process.stdout);
      await downloadFile(context.control(), path, file);
      context.output().result({ assetId, file }, `Wrote ${file}.`);
    });
  addChangeCommands(assets, context);
  assets
    .command('delete')
    .description('delete an asset for good; its key is destroyed first')
    .argument('<project>', 'its id')
    .argument('<asset>', 'its id')
    .option(...RECEIPT_OPTION)
    .action(async (projectId: string, assetId: string, { receipt: file }: { receipt?: string }) => {
      const deleted = await context.control().call(deletion, 'DELETE', pathOf(projectId, assetId));
      showDeletion(context.output(), assetId, deleted, { words: `Deleted the asset ${assetId}.`, file });
    });
  return assets;
}

function addListCommand(assets: Command, context: CommandContext): void {
  assets
    .command('list')
    .description('list what is saved in a project, the newest change first')
    .argument('<project>', 'its id')
    .option('--find <text>', 'only what has this in its name, description or tags')
    .option('--type <type>', 'only of this type, for example data-asset')
    .option('--tag <tag>', 'only with this tag')
    .addOption(new Option('--sort <what>', 'the order').choices(assetSort.options))
    .addOption(new Option('--order <direction>', 'its direction').choices(sortOrder.options))
    .action(async (projectId: string, options: ListOptions) => {
      const items = await allAssets(context.control(), projectId, options);
      const rows = items.map(({ id, type, name, tags, sizeBytes, sealedSizeBytes, updatedAt }) => [
        id,
        type,
        bytesInWords(sizeBytes ?? sealedSizeBytes),
        updatedAt,
        tags.join(', '),
        name,
      ]);
      context.output().result({ items }, table([['ID', 'TYPE', 'SIZE', 'CHANGED', 'TAGS', 'NAME'], ...rows]));
    });
}

function addChangeCommands(assets: Command, context: CommandContext): void {
  const change = (projectId: string, assetId: string, body: object) =>
    context.control().call(asset, 'PATCH', pathOf(projectId, assetId), body);
  assets
    .command('rename')
    .description('give an asset another name or description')
    .argument('<project>', 'its id')
    .argument('<asset>', 'its id')
    .argument('<name>')
    .option('--description <text>', 'what it is')
    .action(async (projectId: string, assetId: string, name: string, { description }: { description?: string }) => {
      const body = { name, ...(description === undefined ? {} : { description }) };
      const changed = await change(projectId, assetId, body);
      context.output().result(changed, `The asset is now named ${changed.name}.`);
    });
  assets
    .command('tag')
    .description('add tags to an asset, or take some away')
    .argument('<project>', 'its id')
    .argument('<asset>', 'its id')
    .option('--add <tag...>', 'tags that it gets')
    .option('--remove <tag...>', 'tags that it loses')
    .action(async (projectId: string, assetId: string, { add = [], remove = [] }: TagOptions) => {
      if (add.length + remove.length === 0) throw new CommandError('Say --add TAG or --remove TAG.', EXIT.usage);
      const { tags } = await context.control().call(asset, 'GET', pathOf(projectId, assetId));
      const lost = new Set(remove.map((tag) => tag.toLowerCase()));
      const kept = [...tags, ...add].filter((tag) => !lost.has(tag.toLowerCase()));
      const changed = await change(projectId, assetId, { tags: kept });
      context.output().result(changed, `Its tags are: ${changed.tags.join(', ') || 'none'}.`);
    });
}

async function allAssets(control: Control, projectId: string, options: ListOptions): Promise<Asset[]> {
  const { find, ...rest } = options;
  const given = { limit: 200, ...rest, ...(find === undefined ? {} : { q: find }) };
  const items: Asset[] = [];
  let cursor: string | undefined;
  do {
    const body = { ...given, ...(cursor === undefined ? {} : { cursor }) };
    const page = await control.call(assetList, 'POST', pathOf(projectId, 'search'), body);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

function pathOf(projectId: string, ...parts: readonly string[]): string {
  return ['', 'projects', projectId, 'assets', ...parts].map(encodeURIComponent).join('/');
}
