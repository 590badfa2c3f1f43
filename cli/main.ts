/** The `cloister` command. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { CommandError, EXIT } from './command-error.ts';
import { addAccountCommands } from './commands/accounts.ts';
import { addApiKeyCommands } from './commands/api-keys.ts';
import { addAssetCommands } from './commands/assets.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addBucketCommands } from './commands/buckets.ts';
import type { CommandContext } from './commands/context.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addModelCommands } from './commands/models.ts';
import { addPeopleCommands } from './commands/people.ts';
import { addProjectCommands } from './commands/projects.ts';
import { addPromptCommands } from './commands/prompts.ts';
import { addReceiptCommands } from './commands/receipts.ts';
import { addServiceIdCommands } from './commands/service-ids.ts';
import { addStartCommand } from './commands/start.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { createControl } from './control.ts';
import { createOutput } from './output.ts';

const program = new Command('cloister')
  .description(
    'Operate a Cloister deployment. All commands but start speak to the server that runs on the data directory.',
  )
  .version(ownVersion())
  .option('--data <folder>', 'the data directory (or CLOISTER_DATA; otherwise ./data)')
  .option('--json', 'the result as JSON on standard output')
  .enablePositionalOptions()
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('Try `cloister --help`.')
  .addHelpText('after', '\nExit codes: 0 done, 1 failed or something found, 2 wrong usage, 3 no server runs.')
  .exitOverride();

const context: CommandContext = {
  control: () => createControl(program.opts<{ data?: string }>().data ?? process.env.CLOISTER_DATA),
  output: () => createOutput(program.opts<{ json?: boolean }>().json === true),
};

addStartCommand(program);
addModelCommands(program, context);
addAccountCommands(program, context);
addPeopleCommands(program, context);
addApiKeyCommands(program, context);
addServiceIdCommands(program, context);
addKeyCommands(program, context);
addProjectCommands(program, context);
addAssetCommands(program, context);
addPromptCommands(program, context);
addBucketCommands(program, context);
addReceiptCommands(program, context);
addAuditCommands(program, context);
addDoctorCommand(program, context);
addVerifyCommand(program, context);
passGlobalFlagsOn(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function ownVersion(): string {
  const file: unknown = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(file).version;
}

/** Lets `--json` and `--data` stand after the command too; `start` hands what follows it to the server. */
function passGlobalFlagsOn(parent: Command): void {
  for (const command of parent.commands) {
    command.exitOverride();
    command.showHelpAfterError('Try `cloister --help`.');
    passGlobalFlagsOn(command);
    if (command.name() === 'start' || command.commands.length > 0) continue;
    command.option('--data <folder>', 'the data directory').option('--json', 'the result as JSON');
    command.hook('preAction', (_, self) => {
      for (const name of ['data', 'json']) {
        const value: unknown = self.getOptionValue(name);
        if (value !== undefined) program.setOptionValue(name, value);
      }
    });
  }
}

function report(error: unknown): number {
  // commander has written its own message by now.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof CommandError) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`The command failed: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  return EXIT.failed;
}
