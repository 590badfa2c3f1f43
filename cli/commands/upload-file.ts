import { createHash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { TUS_VERSION, UPLOAD_PART, type UploadMetadata, uploadBlock, uploadList } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { bytesInWords, type Output } from '../output.ts';
import { uploadMetadataHeader } from '../upload-metadata.ts';
import type { CommandContext } from './context.ts';

/** What is sent in one request. Progress is told after each, and what was sent is kept whenever the command ends. */
const PART_BYTES = 64 * 1024 * 1024;
/** How often in a row a part is sent again that brought the upload no further, and how long to wait before. */
const MOST_ATTEMPTS = 5;
const RETRY_MS = 2000;

type UploadOptions = { readonly name?: string; readonly description?: string; readonly tag?: readonly string[] };
type UploadState = { readonly id: string; readonly offsetBytes: number };

/** `cloister asset upload`: a file of any size as a data asset. */
export function addUploadCommand(assets: Command, context: CommandContext): void {
  assets
    .command('upload')
    .description('upload a file as a data asset; after a break, the same command goes on where it was')
    .argument('<project>', 'its id')
    .argument('<file>')
    .option('--name <name>', 'what it is called (otherwise the name of the file)')
    .option('--description <text>', 'what it is')
    .option('--tag <tag...>', 'what it is filed under')
    .action(async (projectId: string, file: string, options: UploadOptions) => {
      const found = statSync(file, { throwIfNoEntry: false });
      if (!found?.isFile()) throw new CommandError(`There is no file ${file}.`, EXIT.usage);
      const uploading = new FileUpload(context.control(), context.output(), projectId, file, found);
      const metadata = {
        name: options.name ?? basename(file),
        description: options.description ?? '',
        tags: [...(options.tag ?? [])],
      };
      const assetId = await uploading.run(metadata);
      context.output().result({ assetId }, `Uploaded ${file} as the data asset ${assetId}.`);
    });
}

/** Sends a file to where uploads go on after a break. */
export class FileUpload {
  readonly #control: Control;
  readonly #output: Output;
  readonly #path: string;
  readonly #file: string;
  readonly #found: Stats;

  constructor(control: Control, output: Output, projectId: string, file: string, found: Stats) {
    this.#control = control;
    this.#output = output;
    this.#path = pathOf(projectId);
    this.#file = file;
    this.#found = found;
  }

  /** @returns the id of the asset */
  async run(metadata: UploadMetadata): Promise<string> {
    const { size: lengthBytes } = this.#found;
    let { id, offsetBytes } = (await this.#findBegun(metadata)) ?? (await this.#begin(metadata));
    for (let attempts = 0; offsetBytes < lengthBytes; ) {
      const reached = await this.#sendPart(id, offsetBytes).catch(async (error: unknown) => {
        attempts += 1;
        if (attempts === MOST_ATTEMPTS || !isWorthRepeating(error)) throw error;
        await wait(RETRY_MS);
        return this.#offsetOf(id);
      });
      if (reached > offsetBytes) attempts = 0;
      offsetBytes = reached;
      this.#output.progressInPlace(`Uploaded ${bytesInWords(offsetBytes)} of ${bytesInWords(lengthBytes)}`);
    }
    return id;
  }

  /** An unfinished upload of the same name and length, of which the same has come as the file begins with. */
  async #findBegun({ name }: UploadMetadata): Promise<UploadState | undefined> {
    const { items } = await this.#control.call(uploadList, 'GET', this.#path);
    for (const upload of items) {
      if (upload.name !== name || upload.lengthBytes !== this.#found.size) continue;
      if (await this.#isBeginOfFile(upload)) {
        this.#output.progress(`Going on after ${bytesInWords(upload.offsetBytes)}.`);
        return upload;
      }
      this.#output.progress(`Not going on with the unfinished upload ${upload.id}: another file was sent to it.`);
    }
    return undefined;
  }

  /** Compares block by block by digests: a file that was changed, or another one, would not fit to what has come. */
  async #isBeginOfFile({ id, offsetBytes }: UploadState): Promise<boolean> {
    for (let number = 0, compared = 0; compared < offsetBytes; number += 1) {
      const path = `${this.#path}/${id}/blocks/${number}`;
      const { sizeBytes, sha256 } = await this.#control.call(uploadBlock, 'GET', path);
      if ((await digestOfPart(this.#file, compared, sizeBytes)) !== sha256) return false;
      compared += sizeBytes;
      this.#output.progressInPlace(`Compared ${bytesInWords(compared)} of ${bytesInWords(offsetBytes)}`);
    }
    return true;
  }

  async #begin(metadata: UploadMetadata): Promise<UploadState> {
    const id = await beginUpload(this.#control, this.#path, metadata, this.#found.size);
    return { id, offsetBytes: 0 };
  }

  async #sendPart(id: string, offsetBytes: number): Promise<number> {
    const sizeBytes = Math.min(PART_BYTES, this.#found.size - offsetBytes);
    const answer = await this.#control.send({
      method: 'PATCH',
      path: `${this.#path}/${id}`,
      headers: {
        ...TUS,
        'upload-offset': String(offsetBytes),
        'content-type': UPLOAD_PART,
        'content-length': String(sizeBytes),
      },
      body: createReadStream(this.#file, { start: offsetBytes, end: offsetBytes + sizeBytes - 1 }),
    });
    return readOffset(answer.headers['upload-offset']);
  }

  async #offsetOf(id: string): Promise<number> {
    const { headers } = await this.#control.send({ method: 'HEAD', path: `${this.#path}/${id}`, headers: TUS });
    return readOffset(headers['upload-offset']);
  }
}

/**
 * Sends what comes only once, and cannot go on after a break: then nothing of it stays.
 * @returns the id of the asset
 */
export async function uploadOnce(
  control: Control,
  projectId: string,
  metadata: UploadMetadata,
  content: Readable,
  lengthBytes: number,
): Promise<string> {
  const path = pathOf(projectId);
  const id = await beginUpload(control, path, metadata, lengthBytes);
  const part = { 'upload-offset': '0', 'content-type': UPLOAD_PART, 'content-length': String(lengthBytes) };
  try {
    await control.send({ method: 'PATCH', path: `${path}/${id}`, headers: { ...TUS, ...part }, body: content });
  } catch (error) {
    await control.send({ method: 'DELETE', path: `${path}/${id}`, headers: TUS }).catch(() => {});
    throw error;
  }
  return id;
}

async function beginUpload(control: Control, path: string, metadata: UploadMetadata, lengthBytes: number) {
  const { headers } = await control.send({
    method: 'POST',
    path,
    headers: { ...TUS, 'upload-length': String(lengthBytes), 'upload-metadata': uploadMetadataHeader(metadata) },
  });
  const id = headers.location?.split('/').at(-1);
  if (id === undefined) throw notUnderstood();
  return id;
}

async function digestOfPart(file: string, start: number, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { start, end: start + sizeBytes - 1 })) hash.update(piece);
  return hash.digest('hex');
}

const pathOf = (projectId: string) => `/projects/${encodeURIComponent(projectId)}/uploads`;

const TUS = { 'tus-resumable': TUS_VERSION };

/** A break, or another request for the same upload; what the server refuses for good is not sent again. */
function isWorthRepeating(error: unknown): boolean {
  const problem = error instanceof CommandError ? error.problem : undefined;
  return problem === undefined || problem.status === 423 || problem.status >= 500 || problem.reason === 'upload-offset';
}

function readOffset(header: string | string[] | undefined): number {
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw notUnderstood();
}

function notUnderstood(): CommandError {
  return new CommandError(
    'The server answered in a way that this command does not understand. Use the command of the same version as the server.',
  );
}
