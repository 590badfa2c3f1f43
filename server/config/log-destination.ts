import { once } from 'node:events';
import { join } from 'node:path';
import buildRollingFile from 'pino-roll';
import { AppError } from '../core/index.ts';

/** The log never takes more than about 60 MB: the newest file and five older ones of 10 MB. */
const FILE_SIZE = '10m';
const OLDER_FILES = 5;
/** After a write that failed, so long no other one is tried: what failed waits in memory. */
const PAUSE_MS = 5_000;

export type LogDestination = { write(line: string): void; close(): Promise<void> };

/**
 * Opens the place where the log's lines go.
 * @param to `file`: `<data directory>/logs/server.<n>.jsonl`, mode 0600, rolled by size; `stdout`: standard output.
 *   A disk that is full ends neither the server nor its end: lines are lost until there is space again.
 */
export async function createLogDestination(to: 'file' | 'stdout', dataDirectory: string): Promise<LogDestination> {
  if (to === 'stdout') return { write: (line) => process.stdout.write(line), close: async () => {} };
  const file = await buildRollingFile({
    // The number of the file comes before the extension.
    file: join(dataDirectory, 'logs', 'server.jsonl'),
    size: FILE_SIZE,
    limit: { count: OLDER_FILES },
    mkdir: true,
    mode: 0o600,
  });
  await once(file, 'ready').catch((cause: NodeJS.ErrnoException) => {
    const { code = 'unknown' } = cause;
    const detail = `The log in "${join(dataDirectory, 'logs')}" cannot be written (${code}). Give this user write access to its files.`;
    throw new AppError('failed-precondition', detail, { cause });
  });
  let pause: NodeJS.Timeout | undefined;
  file.on('error', () => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      pause = undefined;
    }, PAUSE_MS).unref();
  });
  return {
    write: (line) => void (pause !== undefined || file.write(line)),
    async close() {
      // Not flushed synchronously: that would try again without end on a disk that is full.
      const isOver = new Promise((resolve) => file.once('close', resolve).once('error', resolve));
      file.end();
      await isOver;
    },
  };
}
