import type { Command } from 'commander';
import { EXIT } from '../command-error.ts';
import { bytesInWords, table } from '../output.ts';
import { runVerify } from '../verify/run-verify.ts';
import type { CommandContext } from './context.ts';

export function addVerifyCommand(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .description('prove that the running deployment keeps nothing that nobody saved; exit code 1 on any find')
    .option('--no-engine-kill', 'leave the engine running (answers of other people are broken off otherwise)')
    .option('--through <url>', 'send through this address, for example that of your reverse proxy')
    .action(async ({ engineKill, through }: { engineKill: boolean; through?: string }) => {
      const output = context.output();
      const result = await runVerify(context.control(), {
        killEngine: engineKill,
        url: through,
        progress: output.progress,
      });
      const { canaries, search } = result.evidence;
      const findings = result.leaks.map(({ canary, place, file, encoding }) => ({
        canary: canary.number,
        action: canary.action,
        place,
        file,
        encoding,
      }));
      const figures = {
        canaries: canaries.length,
        requests: result.evidence.sent.length,
        files: search.files,
        bytes: search.bytes,
        seconds: Number(search.seconds.toFixed(2)),
        planted: result.plants,
      };
      const text = [
        ...result.rows.flatMap((row) => [
          `${row.verdict.padEnd(16)}${row.item}: ${row.promise}`,
          `${' '.repeat(16)}${row.evidence}`,
        ]),
        '',
        `${figures.canaries} canaries, ${figures.requests} requests; searched ${figures.files} files, ${bytesInWords(figures.bytes)} in ${figures.seconds} s; found ${result.plants.found} of ${result.plants.of} planted leaks.`,
        ...(findings.length === 0
          ? []
          : [
              '',
              'Found:',
              table(findings.map((row) => [`canary ${row.canary}`, row.encoding, row.place, row.file, row.action])),
            ]),
        ...(result.incomplete.length === 0
          ? []
          : ['', 'The run is no proof, because:', ...result.incomplete.map((line) => `  ${line}`)]),
      ].join('\n');
      output.result({ ok: result.ok, rows: result.rows, findings, incomplete: result.incomplete, ...figures }, text);
      if (!result.ok) process.exitCode = EXIT.failed;
    });
}
