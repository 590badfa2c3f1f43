import type { Command } from 'commander';
import { apiKeyList, createdApiKey } from '../../contract/app/index.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';

export function addApiKeyCommands(program: Command, context: CommandContext): void {
  const keys = program.command('api-key').description('keys by which programs use the APIs');
  keys
    .command('create')
    .description('make a key; it is shown once, alone on the last line')
    .requiredOption('--name <name>', 'what the key is for')
    .action(async ({ name }: { name: string }) => {
      const created = await context.control().call(createdApiKey, 'POST', '/api-keys', { name });
      context.output().result(created, `Made the key ${created.name}. It is shown only now:\n${created.key}`);
    });
  keys
    .command('list')
    .description('list the keys, without the keys themselves')
    .action(async () => {
      const { items } = await context.control().call(apiKeyList, 'GET', '/api-keys');
      const rows = items.map((key) => [key.id, key.name, `${key.prefix}…`, key.createdAt, key.lastUsedAt ?? 'never']);
      context.output().result({ items }, table([['ID', 'NAME', 'KEY', 'MADE', 'LAST USED'], ...rows]));
    });
  keys
    .command('delete')
    .description('delete a key; requests with it are refused from then on')
    .argument('<id>')
    .action(async (id: string) => {
      await context.control().run('DELETE', `/api-keys/${encodeURIComponent(id)}`);
      context.output().result({ deleted: id }, `Deleted the key ${id}.`);
    });
}
