import type { Command } from 'commander';
import {
  destroyedKey,
  type KeyRewrap,
  type KeyStatus,
  keyProviderList,
  keyRewrap,
  keyStatus,
} from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';
import { keepReceipt, RECEIPT_OPTION } from './receipts.ts';

type OfProject = { readonly project?: string };

/** The keys that wrap project keys: of the account that operates the deployment, or with `--project` of one project. */
export function addWrappingKeyCommands(keys: Command, context: CommandContext): void {
  keys
    .command('providers')
    .description('list the key providers of which a key may be bound')
    .action(async () => {
      const { items } = await context.control().call(keyProviderList, 'GET', '/key-providers');
      const rows = items.map(({ id, kind, displayName, isStandard, needsKeyId }) => [
        id,
        kind,
        displayName,
        [isStandard ? 'standard' : '', needsKeyId ? 'needs the id of a key' : ''].filter(Boolean).join(', '),
      ]);
      context.output().result({ items }, table([['ID', 'KIND', 'NAME', ''], ...rows]));
    });

  ofOneKey(keys.command('status'), 'which key wraps, and whether it may be used').action(async (options: OfProject) => {
    const status = await context.control().call(keyStatus, 'GET', pathOf(options));
    context.output().result(status, statusInWords(status));
  });

  ofOneKey(keys.command('bind'), 'wrap by another key from now on; no sealed object is touched')
    .argument('<provider>', 'its id, as `cloister keys providers` lists it')
    .argument('[key]', 'the id of the key in it, where it needs one')
    .action(async (providerId: string, keyId: string | undefined, options: OfProject) => {
      const body = { providerId, ...(keyId === undefined ? {} : { keyId }) };
      showRewrap(context, await context.control().call(keyRewrap, 'PUT', pathOf(options), body));
    });

  ofOneKey(keys.command('unbind'), 'wrap by the key of the level above again').action(async (options: OfProject) => {
    showRewrap(context, await context.control().call(keyRewrap, 'DELETE', pathOf(options)));
  });

  ofOneKey(keys.command('rotate'), 'wrap project keys by a new version of the key; no sealed object is touched').action(
    async (options: OfProject) => {
      showRewrap(context, await context.control().call(keyRewrap, 'POST', `${pathOf(options)}/rotate`));
    },
  );

  const stateChanges = {
    disable: 'open nothing that it seals until it is enabled',
    enable: 'open what it seals again; after a destruction, start over with new project keys',
  } as const;
  for (const [change, about] of Object.entries(stateChanges))
    ofOneKey(keys.command(change), about).action(async (options: OfProject) => {
      const status = await context.control().call(keyStatus, 'POST', `${pathOf(options)}/${change}`);
      context.output().result(status, statusInWords(status));
    });

  ofOneKey(keys.command('destroy'), 'delete the project keys: what they sealed is gone for good')
    .requiredOption('--confirm <name>', 'the name of the project or the account, exactly')
    .option(...RECEIPT_OPTION)
    .action(
      async ({ confirm, receipt: file, ...options }: OfProject & { readonly confirm: string; receipt?: string }) => {
        const body = { confirmation: confirm };
        const destroyed = await context.control().call(destroyedKey, 'POST', `${pathOf(options)}/destroy`, body);
        const { projects, sealedObjects, receipt } = destroyed;
        const words = `Destroyed the keys of ${projects} ${projects === 1 ? 'project' : 'projects'}; ${sealedObjects} sealed ${sealedObjects === 1 ? 'object is' : 'objects are'} gone for good.`;
        if (file === undefined) return context.output().result(destroyed, `${words} The receipt:\n${receipt}`);
        keepReceipt(file, receipt, words);
        context.output().result({ ...destroyed, receipt: file }, `${words} The receipt is in ${file}.`);
      },
    );
}

function ofOneKey(command: Command, about: string): Command {
  return command.description(about).option('--project <id>', 'of this project, not of the account');
}

function pathOf({ project }: OfProject): string {
  return project === undefined ? '/account/key' : `/projects/${encodeURIComponent(project)}/key`;
}

function statusInWords(status: KeyStatus): string {
  const { provider, projectKeys } = status;
  const version = provider.keyVersion === undefined ? '' : `, version ${provider.keyVersion}`;
  const rows = [
    ['Key', `${status.keyId} of ${status.providerName} (${status.providerId})`],
    ['Decided by', `the ${status.boundAt}`],
    ['State', status.state],
    ...(status.accountState === undefined ? [] : [['State of the account', status.accountState]]),
    ['At the provider', `${provider.state}${version}`],
    ...(provider.problem === undefined ? [] : [['Problem', provider.problem]]),
    ['Project keys', `${projectKeys.underThisKey} of ${projectKeys.total} are wrapped by it`],
    ...(projectKeys.lastWrappedAt === undefined ? [] : [['Last wrapped', projectKeys.lastWrappedAt]]),
  ];
  return table(rows);
}

/** What remains makes the command fail, so that a script does not take it for done. */
function showRewrap(context: CommandContext, rewrapped: KeyRewrap): void {
  const { remaining, problem } = rewrapped;
  context.output().result(rewrapped, `${statusInWords(rewrapped)}\nWrapped anew: ${rewrapped.rewrapped}`);
  if (remaining === 0) return;
  const why = problem === undefined ? '' : ` (${problem})`;
  throw new CommandError(
    `${remaining} could not be wrapped anew${why}. They open as before; run \`cloister keys rotate\` to go on.`,
    EXIT.failed,
  );
}
