import type { Command } from 'commander';
import { accountList, createdAccount } from '../../contract/app/index.ts';
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
    .command('list')
    .description('list the accounts')
    .action(async () => {
      const { items } = await context.control().call(accountList, 'GET', '/accounts');
      const rows = items.map(({ id, name, createdAt }) => [id, name, createdAt]);
      context.output().result({ items }, table([['ID', 'NAME', 'MADE'], ...rows]));
    });
}
