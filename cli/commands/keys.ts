import type { Command } from 'commander';
import { rotatedSigningKey } from '../../contract/app/index.ts';
import type { CommandContext } from './context.ts';
import { addRootKeyCommands } from './root-key.ts';
import { addWrappingKeyCommands } from './wrapping-keys.ts';

export function addKeyCommands(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('keys of the deployment, its accounts and projects');
  keys
    .command('rotate-signing-key')
    .description('sign access tokens with a new key from now on; tokens that were given out stay valid')
    .option('--audit', 'the key of the audit log instead; what was signed stays verifiable')
    .action(async ({ audit }: { audit?: boolean }) => {
      const purpose = audit === true ? 'audit' : 'access-token';
      const { id } = await context.control().call(rotatedSigningKey, 'POST', '/signing-keys/rotate', { purpose });
      context.output().result({ purpose, id }, `The key that signs from now on:\n${id}`);
    });
  addRootKeyCommands(keys, context);
  addWrappingKeyCommands(keys, context);
}
