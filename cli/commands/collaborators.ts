import { type Command, Option } from 'commander';
import { type Candidate, candidateList, collaborator, collaboratorList } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';

/** `cloister project collaborators <project> list|add|remove`: the project comes first, as it does for buckets. */
export function addCollaboratorCommands(projects: Command, context: CommandContext): void {
  projects
    .command('collaborators')
    .description('who is in a project: list, add (which changes a role too), remove')
    .argument('<project>', 'its id')
    .argument('<action>', 'list, add or remove')
    .argument('[who]', 'e-mail address, name or id of a person or service ID')
    .addOption(new Option('--role <role>', 'what they become').choices(['admin', 'editor', 'viewer']).default('viewer'))
    .action(async (projectId: string, action: string, who: string | undefined, { role }: { role: string }) => {
      const [control, output] = [context.control(), context.output()];
      const path = collaboratorsPath(projectId);
      if (action === 'list') {
        const { items } = await control.call(collaboratorList, 'GET', path);
        const rows = items.map((one) => [one.userId, one.name, one.email ?? '', one.role]);
        output.result({ items }, table([['ID', 'NAME', 'E-MAIL', 'ROLE'], ...rows]));
      } else if (action === 'add') {
        const { userId } = await findMember(control, projectId, required(who));
        const added = await control.call(collaborator, 'PUT', `${path}/${userId}`, { role });
        output.result(added, `${added.name} is ${added.role} of the project now.`);
      } else if (action === 'remove') {
        const { items } = await control.call(collaboratorList, 'GET', path);
        const { userId, name } = oneOf(items, required(who));
        await control.run('DELETE', `${path}/${userId}`);
        output.result({ removed: userId }, `${name} is out of the project.`);
      } else throw unknownAction(action, ['list', 'add', 'remove']);
    });
}

/** Somebody of the account, by what people call them: who is in the project already, then who could be. */
export async function findMember(control: Control, projectId: string, who: string): Promise<Candidate> {
  const { items: inside } = await control.call(collaboratorList, 'GET', collaboratorsPath(projectId));
  const { items: outside } = await control.call(
    candidateList,
    'POST',
    `/projects/${encodeURIComponent(projectId)}/candidates/search`,
    { q: isId(who) ? '' : who },
  );
  const known = [...inside, ...outside];
  // Candidates are found by name; the server knows an id without.
  if (isId(who) && !known.some(({ userId }) => userId === who)) {
    return { userId: who, kind: 'person', name: who, email: null };
  }
  return oneOf(known, who);
}

/** @throws CommandError when nobody, or more than one, is called that */
export function oneOf<T extends Candidate>(members: readonly T[], who: string): T {
  const wanted = who.trim().toLowerCase();
  const found = members.filter(
    ({ userId, name, email }) => userId === who || email === wanted || name.toLowerCase() === wanted,
  );
  const [one, other] = found;
  if (one === undefined) throw new CommandError(`Nobody here is "${who}".`);
  if (other !== undefined) throw new CommandError(`More than one is called "${who}": give the e-mail address or id.`);
  return one;
}

/** @throws CommandError when an action lacks what it is about */
export function required(what: string | undefined): string {
  if (what !== undefined) return what;
  throw new CommandError('Say whom or what it is about, after the action.', EXIT.usage);
}

export function unknownAction(action: string, known: readonly string[]): CommandError {
  return new CommandError(`There is no action "${action}": use ${known.join(', ')}.`, EXIT.usage);
}

function collaboratorsPath(projectId: string): string {
  return `/projects/${encodeURIComponent(projectId)}/collaborators`;
}

function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
