import { createWriteStream, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';

/**
 * Writes what the server answers with into a new file, which nobody else of the machine may read. An existing file stays: whoever wants it
 * replaced removes it first. Of a download that fails no half is left.
 * @throws CommandError that says why it cannot be written
 */
export async function downloadFile(control: Control, path: string, name: string): Promise<void> {
  const file = createWriteStream(name, { flags: 'wx', mode: 0o600 });
  const written = finished(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${name} cannot be written (${error.code ?? error.message}).`);
  });
  written.catch(() => {});
  await Promise.race([new Promise((opened) => file.once('open', opened)), written]);
  try {
    await control.download(path, file);
  } catch (error) {
    file.destroy();
    rmSync(name, { force: true });
    throw error;
  }
  file.end();
  await written;
}
