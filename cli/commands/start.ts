import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Command } from 'commander';

/** Runs the server as a child with this terminal; what the server ends with is what the command ends with. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description("run the server in the foreground, with the server's own flags (--port, --host, --print-config, …)")
    .allowUnknownOption()
    .helpOption(false)
    .argument('[flags...]', "the server's flags, see docs/operating.md")
    .action(async (flags: string[]) => {
      const { data } = program.opts<{ data?: string }>();
      const server = spawn(
        process.execPath,
        [
          resolve(import.meta.dirname, '../../server/main.ts'),
          ...(data === undefined ? [] : ['--data', data]),
          ...flags,
        ],
        { stdio: 'inherit' },
      );
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal));
      process.exitCode = await new Promise<number>((done, fail) => {
        server.once('error', fail);
        server.once('exit', (code) => done(code ?? 1));
      });
    });
}
