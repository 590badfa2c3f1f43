import type { Command } from 'commander';
import { deletion, project, projectList } from '../../contract/app/index.ts';
import { table } from '../output.ts';
import { addCollaboratorCommands } from './collaborators.ts';
import type { CommandContext } from './context.ts';
import { addProjectArchiveCommands } from './project-archives.ts';
import { RECEIPT_OPTION, showDeletion } from './receipts.ts';

export function addProjectCommands(program: Command, context: CommandContext): void {
  const projects = program.command('project').description('projects, which hold saved work');
  projects
    .command('create')
    .description('make a project; its id is alone on the last line')
    .argument('<name>')
    .action(async (name: string) => {
      const made = await context.control().call(project, 'POST', '/projects', { name });
      context.output().result(made, `Made the project ${made.name}:\n${made.id}`);
    });
  projects
    .command('list')
    .description('list the projects')
    .action(async () => {
      const { items } = await context.control().call(projectList, 'GET', '/projects');
      const rows = items.map(({ id, name, role, createdAt }) => [id, name, role, createdAt]);
      context.output().result({ items }, table([['ID', 'NAME', 'ROLE', 'MADE'], ...rows]));
    });
  projects
    .command('rename')
    .description('give a project another name')
    .argument('<id>')
    .argument('<name>')
    .action(async (id: string, name: string) => {
      const changed = await context.control().call(project, 'PATCH', `/projects/${encodeURIComponent(id)}`, { name });
      context.output().result(changed, `The project is now named ${changed.name}.`);
    });
  projects
    .command('delete')
    .description('delete a project with everything in it; its keys are destroyed first')
    .argument('<id>')
    .option(...RECEIPT_OPTION)
    .action(async (id: string, { receipt: file }: { receipt?: string }) => {
      const deleted = await context.control().call(deletion, 'DELETE', `/projects/${encodeURIComponent(id)}`);
      showDeletion(context.output(), id, deleted, {
        words: `Deleted the project ${id} and everything in it.`,
        file,
      });
    });
  addProjectArchiveCommands(projects, context);
  addCollaboratorCommands(projects, context);
}
