import type { Command } from 'commander';
import { serviceId, serviceIdList } from '../../contract/app/index.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';

export function addServiceIdCommands(program: Command, context: CommandContext): void {
  const serviceIds = program.command('service-id').description('service IDs: what works by itself, with API keys');
  serviceIds
    .command('create')
    .description('make a service ID; its id is alone on the last line')
    .argument('<name>')
    .option('--description <text>', 'what it is for', '')
    .action(async (name: string, { description }: { description: string }) => {
      const made = await context.control().call(serviceId, 'POST', '/service-ids', { name, description });
      context.output().result(made, `Made the service ID ${made.name}:\n${made.id}`);
    });
  serviceIds
    .command('list')
    .description('list the service IDs')
    .action(async () => {
      const { items } = await context.control().call(serviceIdList, 'GET', '/service-ids');
      const rows = items.map(({ id, name, isSuspended, createdAt }) => [
        id,
        name,
        isSuspended ? 'suspended' : 'works',
        createdAt,
      ]);
      context.output().result({ items }, table([['ID', 'NAME', 'STATE', 'MADE'], ...rows]));
    });
  for (const [name, isSuspended] of [
    ['suspend', true],
    ['resume', false],
  ] as const) {
    serviceIds
      .command(name)
      .description(isSuspended ? 'refuse its keys until it is resumed' : 'take its keys again')
      .argument('<id>')
      .action(async (id: string) => {
        const changed = await context.control().call(serviceId, 'PATCH', pathOf(id), { isSuspended });
        context.output().result(changed, `The service ID ${changed.name} ${isSuspended ? 'is suspended' : 'works'}.`);
      });
  }
  serviceIds
    .command('delete')
    .description('delete a service ID with its keys and its roles in projects')
    .argument('<id>')
    .action(async (id: string) => {
      await context.control().run('DELETE', pathOf(id));
      context.output().result({ deleted: id }, `Deleted the service ID ${id}.`);
    });
}

function pathOf(id: string): string {
  return `/service-ids/${encodeURIComponent(id)}`;
}
