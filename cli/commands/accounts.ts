import type { Command } from 'commander';
import { accountList, createdAccount, createdLink } from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';
import { linkInWords } from './people.ts';

export function addAccountCommands(program: Command, context: CommandContext): void {
  const accounts = program
    .command('account')
    .description('accounts: organisations or departments with nothing in common');
  accounts
    .command('create')
    .description('make an account; the link by which its owner joins is alone on the last line')
    .requiredOption('--name <name>', 'what the account is called')
    .requiredOption('--owner-email <address>', 'who becomes its first owner')
    .action(async ({ name, ownerEmail }: { name: string; ownerEmail: string }) => {
      const made = await context.control().call(createdAccount, 'POST', '/accounts', { name, ownerEmail });
      const text = `Made the account ${made.account.name} (${made.account.id}).\n${linkInWords(made.invitation, ownerEmail)}`;
      context.output().result(made, text);
    });
  accounts
    .command('invite-owner')
    .description('invite the first owner anew, into an account in which nobody is yet; the earlier link ends')
    .argument('<id>')
    .requiredOption('--email <address>', 'who becomes its first owner')
    .action(async (id: string, { email: ownerEmail }: { email: string }) => {
      const path = `/accounts/${encodeURIComponent(id)}/invitations`;
      const created = await context.control().call(createdLink, 'POST', path, { ownerEmail });
      context.output().result(created, linkInWords(created, ownerEmail));
    });
  accounts
    .command('list')
    .description('list the accounts')
    .action(async () => {
      const { items } = await context.control().call(accountList, 'GET', '/accounts');
      const rows = items.map(({ id, name, createdAt }) => [id, name, createdAt]);
      context.output().result({ items }, table([['ID', 'NAME', 'MADE'], ...rows]));
    });
  accounts
    .command('delete')
    .description('delete an account with its people, its projects and everything in them, for good; keys go first')
    .argument('<id>')
    .requiredOption('--yes-delete <name>', 'the name of the account, so that no other one is meant')
    .action(async (id: string, { yesDelete }: { yesDelete: string }) => {
      const control = context.control();
      const { items } = await control.call(accountList, 'GET', '/accounts');
      const found = items.find((one) => one.id === id);
      if (found === undefined)
        throw new CommandError(`There is no account ${id}. See the accounts with \`cloister account list\`.`);
      if (found.name !== yesDelete)
        throw new CommandError(`Nothing was deleted: the account ${id} has another name than the one that you gave.`);
      await control.run('DELETE', `/accounts/${encodeURIComponent(id)}`);
      context.output().result({ deleted: id }, `Deleted the account ${found.name} and everything in it.`);
    });
}
