import type { Command } from 'commander';
import { type ApiKey, apiKeyList, type CredentialScope, createdApiKey } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';

type OwnerOption = { readonly serviceId?: string };

type CreateOptions = OwnerOption & {
  readonly name: string;
  readonly project?: string;
  readonly model?: readonly string[];
  readonly inferenceOnly?: boolean;
  readonly expires?: string;
};

export function addApiKeyCommands(program: Command, context: CommandContext): void {
  const keys = program.command('api-key').description('keys by which programs use the APIs');
  withOwner(keys.command('create'))
    .description('make a key; it is shown once, alone on the last line')
    .requiredOption('--name <name>', 'what the key is for')
    .option('--project <id>', 'only for this project')
    .option('--model <id...>', 'only for these models')
    .option('--inference-only', 'only for running prompts')
    .option('--expires <when>', 'after so many days (90d) or hours (12h), or at a time (2027-01-31T12:00:00Z)')
    .action(async ({ serviceId, name, expires, ...limits }: CreateOptions) => {
      const expiresAt = expires === undefined ? null : expiryOf(expires, new Date());
      const body = { name, scope: scopeOf(limits), expiresAt };
      const created = await context.control().call(createdApiKey, 'POST', pathOf(serviceId), body);
      context.output().result(created, `Made the key ${created.name}. It is shown only now:\n${created.key}`);
    });
  withOwner(keys.command('list'))
    .description('list the keys, without the keys themselves')
    .action(async ({ serviceId }: OwnerOption) => {
      const { items } = await context.control().call(apiKeyList, 'GET', pathOf(serviceId));
      const rows = items.map((key) => [
        key.id,
        key.name,
        `${key.prefix}…`,
        limitsInWords(key.scope),
        key.createdAt,
        key.expiresAt ?? 'never',
        key.lastUsedAt ?? 'never',
      ]);
      const head = ['ID', 'NAME', 'KEY', 'ONLY FOR', 'MADE', 'EXPIRES', 'LAST USED'];
      context.output().result({ items }, table([head, ...rows]));
    });
  withOwner(keys.command('rotate'))
    .description('give a key a new secret; the old one and its access tokens are refused from then on')
    .argument('<id>')
    .action(async (id: string, { serviceId }: OwnerOption) => {
      const rotated = await context.control().call(createdApiKey, 'POST', `${pathOf(serviceId, id)}/rotate`);
      context
        .output()
        .result(rotated, `The key ${rotated.name} has a new secret. It is shown only now:\n${rotated.key}`);
    });
  withOwner(keys.command('delete'))
    .description('delete a key; requests with it are refused from then on')
    .argument('<id>')
    .action(async (id: string, { serviceId }: OwnerOption) => {
      await context.control().run('DELETE', pathOf(serviceId, id));
      context.output().result({ deleted: id }, `Deleted the key ${id}.`);
    });
}

function withOwner(command: Command): Command {
  return command.option('--service-id <id>', 'a key of this service ID (otherwise of the administrator)');
}

function pathOf(serviceId: string | undefined, apiKeyId?: string): string {
  const owner = serviceId === undefined ? '' : `/service-ids/${encodeURIComponent(serviceId)}`;
  return `${owner}/api-keys${apiKeyId === undefined ? '' : `/${encodeURIComponent(apiKeyId)}`}`;
}

function scopeOf({ project, model, inferenceOnly }: Omit<CreateOptions, 'name'>): CredentialScope {
  return {
    ...(project === undefined ? {} : { projectId: project }),
    ...(model === undefined ? {} : { modelIds: [...model] }),
    ...(inferenceOnly === true ? { inferenceOnly } : {}),
  };
}

function limitsInWords({ projectId, modelIds, inferenceOnly }: ApiKey['scope']): string {
  const limits = [
    ...(projectId === undefined ? [] : [`project ${projectId}`]),
    ...(modelIds === undefined ? [] : [modelIds.join(', ')]),
    ...(inferenceOnly ? ['running prompts'] : []),
  ];
  return limits.length === 0 ? 'everything' : limits.join('; ');
}

/** `90d`, `12h`, or a time, as an instant. @throws CommandError for anything else */
export function expiryOf(text: string, now: Date): string {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  const hours = Number(count) * (unit === 'd' ? 24 : 1);
  const isTime = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text);
  const at = isTime ? new Date(text) : new Date(now.getTime() + hours * 3_600_000);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw new CommandError('--expires takes days (90d), hours (12h), or a time (2027-01-31T12:00:00Z).', EXIT.usage);
}
