import type { Command } from 'commander';
import { type CreatedLink, createdLink, type Person, person, personList } from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';

export function addPeopleCommands(program: Command, context: CommandContext): void {
  const people = program.command('people').description('the people of the account that operates the deployment');
  people
    .command('list')
    .description('list the people')
    .action(async () => {
      const { items } = await context.control().call(personList, 'GET', '/people');
      const rows = items.map((one) => [
        one.id,
        one.name,
        one.email,
        one.role,
        one.isSuspended ? 'suspended' : 'active',
        one.secondFactors.join(', ') || 'none',
      ]);
      context.output().result({ items }, table([['ID', 'NAME', 'E-MAIL', 'ROLE', 'STATE', 'SECOND FACTORS'], ...rows]));
    });
  people
    .command('invite')
    .description('make a link by which somebody joins; it is alone on the last line')
    .argument('<email>')
    .option('--role <role>', 'owner, administrator, member, billing-viewer or governance-administrator', 'member')
    .action(async (email: string, { role }: { role: string }) => {
      const created = await context.control().call(createdLink, 'POST', '/invitations', { email, role });
      context.output().result(created, linkInWords(created, email));
    });
  withPerson(people.command('suspend'), 'sign somebody out and let none of their credentials work').action(
    async (who: string) => {
      const { control, output } = context;
      const changed = await changeSuspension(control(), who, true);
      output().result(changed, `${changed.name} is suspended.`);
    },
  );
  withPerson(people.command('resume'), 'let somebody in again who is suspended').action(async (who: string) => {
    const { control, output } = context;
    const changed = await changeSuspension(control(), who, false);
    output().result(changed, `${changed.name} may sign in again.`);
  });
  withPerson(
    people.command('remove'),
    'remove somebody with their keys, roles and grants; what they saved stays',
  ).action(async (who: string) => {
    const control = context.control();
    const { id, name } = await findPerson(control, who);
    await control.run('DELETE', pathOf(id));
    context.output().result({ removed: id }, `Removed ${name} from the account.`);
  });
  withPerson(
    people.command('reset-password'),
    'make a link by which somebody sets a new password; it is alone on the last line',
  ).action(async (who: string) => {
    const control = context.control();
    const { id, email } = await findPerson(control, who);
    const created = await control.call(createdLink, 'POST', `${pathOf(id)}/password-reset`);
    context.output().result(created, linkInWords(created, email));
  });
  withPerson(
    people.command('reset-second-factor'),
    'take the authenticator app, passkeys and recovery codes of somebody away who has lost them',
  ).action(async (who: string) => {
    const control = context.control();
    const { id, name } = await findPerson(control, who);
    await control.run('POST', `${pathOf(id)}/second-factor-reset`);
    context.output().result({ reset: id }, `${name} signs in with the password alone now.`);
  });
}

/** What people are told of a link: it is shown only now. */
export function linkInWords({ link, expiresAt, wasSent }: CreatedLink, email: string): string {
  const sent = wasSent ? `It was sent to ${email} too. ` : '';
  return `${sent}This link for ${email} works once, until ${expiresAt}, and is shown only now:\n${link}`;
}

function withPerson(command: Command, description: string): Command {
  return command.description(description).argument('<person>', 'e-mail address or id');
}

async function findPerson(control: Control, who: string): Promise<Person> {
  const { items } = await control.call(personList, 'GET', '/people');
  const found = items.find(({ id, email }) => id === who || email === who.trim().toLowerCase());
  if (found === undefined) throw new CommandError(`Nobody "${who}" is in the account: see \`cloister people list\`.`);
  return found;
}

async function changeSuspension(control: Control, who: string, isSuspended: boolean): Promise<Person> {
  const { id } = await findPerson(control, who);
  return control.call(person, 'PATCH', pathOf(id), { isSuspended });
}

function pathOf(id: string): string {
  return `/people/${encodeURIComponent(id)}`;
}
