import { createReadStream, readFileSync, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { Decrypter } from 'age-encryption';
import type { Command } from 'commander';
import { type ImportEvent, importEvent } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { bytesInWords, type Output } from '../output.ts';
import type { CommandContext } from './context.ts';
import { downloadFile } from './download-file.ts';
import { FileUpload, uploadOnce } from './upload-file.ts';

/** `cloister project export` and `import`. */
export function addProjectArchiveCommands(projects: Command, context: CommandContext): void {
  projects
    .command('export')
    .description('take a whole project away as a zip')
    .argument('<id>')
    .requiredOption('--output <file>', 'where to write it')
    .option('--recipient <age1…>', 'encrypt it to an age recipient')
    .action(async (id: string, { output: file, recipient }: { output: string; recipient?: string }) => {
      const query = recipient === undefined ? '' : `?${new URLSearchParams({ recipient })}`;
      await downloadFile(context.control(), `/projects/${encodeURIComponent(id)}/export${query}`, file);
      const size = bytesInWords(statSync(file).size);
      context.output().result({ id, file }, `Wrote the project ${id} to ${file} (${size}).`);
    });
  projects
    .command('import')
    .description('take everything of an exported project into another one')
    .argument('<id>', 'the project that gets it')
    .argument('<file>', 'the zip, or the encrypted one')
    .option('--identity <file>', 'a file with the age identity that opens it; it is opened here, on the way')
    .action(async (id: string, file: string, { identity }: { identity?: string }) => {
      const found = statSync(file, { throwIfNoEntry: false });
      if (!found?.isFile()) throw new CommandError(`There is no file ${file}.`, EXIT.usage);
      const [control, output] = [context.control(), context.output()];
      const assetId =
        identity === undefined
          ? await new FileUpload(control, output, id, file, found).run({ name: nameOf(file) })
          : await uploadDecrypted(control, id, file, found, identity);
      const done = await takeIn(control, output, id, assetId);
      const { imported, withoutContent } = done;
      const left =
        withoutContent === 0
          ? ''
          : ` ${itemsInWords(withoutContent)} had no content any more at the export, and were left out.`;
      output.result(
        done,
        `Imported ${itemsInWords(imported.assets)} (${bytesInWords(imported.sizeBytes)}) into the project ${id}.${left}`,
      );
    });
}

/** What is decrypted goes to the server as it comes, and into no file. */
async function uploadDecrypted(control: Control, projectId: string, file: string, { size }: Stats, identity: string) {
  const decrypter = new Decrypter();
  try {
    for (const line of readFileSync(identity, 'utf8').split(/\r?\n/))
      if (line.startsWith('AGE-SECRET-KEY-')) decrypter.addIdentity(line.trim());
  } catch {
    throw new CommandError(`${identity} has no age identity (AGE-SECRET-KEY-1…) that can be read.`, EXIT.usage);
  }
  const encrypted = Readable.toWeb(createReadStream(file)) as unknown as ReadableStream<Uint8Array>;
  const content = await decrypter.decrypt(encrypted).catch(() => {
    throw new CommandError(`${identity} does not open ${file}.`);
  });
  const pieces = Readable.fromWeb(content as never);
  return uploadOnce(control, projectId, { name: nameOf(file.replace(/\.age$/, '')) }, pieces, content.size(size));
}

async function takeIn(control: Control, output: Output, projectId: string, assetId: string) {
  const answer = await control
    .send({
      method: 'POST',
      path: `/projects/${encodeURIComponent(projectId)}/import`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ assetId, deleteArchive: true }),
      onText(text) {
        const event = lastEventOf(text);
        if (event?.type !== 'progress') return undefined;
        const { assets, sizeBytes } = event.imported;
        output.progressInPlace(`Imported ${itemsInWords(assets)} (${bytesInWords(sizeBytes)})`);
        return undefined;
      },
    })
    .catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(`${error.message}\n${whereArchiveIs(assetId)}`, error.exitCode, error.problem);
    });
  const last = lastEventOf(answer.text);
  if (last?.type === 'done') return last;
  const why = last?.type === 'error' ? last.problem.detail : 'The server broke off its answer.';
  const soFar = last?.type === 'error' || last?.type === 'progress' ? last.imported.assets : 0;
  throw new CommandError(`${why}\nImported before that: ${itemsInWords(soFar)}. ${whereArchiveIs(assetId)}`);
}

/** Assets and objects of the bucket. */
const itemsInWords = (count: number) => `${count} ${count === 1 ? 'item' : 'items'}`;

const whereArchiveIs = (assetId: string) => `The archive stays in the project as the data asset ${assetId}.`;

/** The last event that has come whole. */
function lastEventOf(text: string): ImportEvent | undefined {
  const whole = text.slice(0, text.lastIndexOf('\n\n'));
  const start = whole.lastIndexOf('data: ');
  if (start < 0) return undefined;
  const [line = ''] = whole.slice(start + 'data: '.length).split('\n', 1);
  return importEvent.parse(JSON.parse(line));
}

function nameOf(file: string): string {
  return basename(file).slice(0, 120);
}
