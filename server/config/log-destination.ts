import { join } from 'node:path';
import buildRollingFile from 'pino-roll';

/** The log never takes more than about 60 MB: the newest file and five older ones of 10 MB. */
const FILE_SIZE = '10m';
const OLDER_FILES = 5;

export type LogDestination = { write(line: string): void; close(): void };

/**
 * Opens the place where the log's lines go.
 * @param to `file`: `<data directory>/logs/server.<n>.jsonl`, mode 0600, rolled by size; `stdout`: standard output.
 */
export async function createLogDestination(to: 'file' | 'stdout', dataDirectory: string): Promise<LogDestination> {
  if (to === 'stdout') return { write: (line) => process.stdout.write(line), close: () => {} };
  const file = await buildRollingFile({
    // The number of the file comes before the extension.
    file: join(dataDirectory, 'logs', 'server.jsonl'),
    size: FILE_SIZE,
    limit: { count: OLDER_FILES },
    mkdir: true,
    mode: 0o600,
  });
  return {
    write: (line) => void file.write(line),
    close: () => {
      file.flushSync();
      file.end();
    },
  };
}
