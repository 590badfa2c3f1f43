import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError, type Clock, type Logger, loggableError, newId } from '../core/index.ts';
import { inspectGgufFile } from './gguf-file.ts';
import { asModelFolderError } from './model-folder-error.ts';
import { fileStemOf, modelIdOfFileStem } from './model-id.ts';
import { checkSpaceFor, openPartialModelFile, type PartialModelFile } from './partial-model-file.ts';

const detailsSchema = z.object({
  sha256: z.string().nullable().describe('null: somebody put the file into the folder, and nobody has computed it'),
  source: z.string(),
  sizeBytes: z.int(),
  pulledAt: z.string(),
  metadata: z.object({
    architecture: z.string(),
    name: z.string().nullable(),
    parameterCount: z.string().nullable(),
    licence: z.string().nullable(),
    contextLength: z.int(),
    hasChatTemplate: z.boolean(),
    functions: z.array(z.enum(['text_generation', 'text_chat', 'embedding'])),
  }),
});

/** A model file that is whole, checked, and ready to run. */
export type InstalledModel = z.infer<typeof detailsSchema> & { readonly modelId: string; readonly path: string };

/** What a file must be. `null`: not known beforehand. */
export type ExpectedFile = { readonly sha256: string | null; readonly sizeBytes: number | null };

/**
 * The models folder: `<publisher>--<name>.gguf`, beside each a `.json` with where it came from. A `.gguf` name appears there only by
 * an atomic rename of a file that was checked whole, so a half-done one can't be listed.
 */
export type ModelFileStore = {
  list(): Promise<readonly InstalledModel[]>;
  find(modelId: string): Promise<InstalledModel | undefined>;
  /** Bytes on their way in that a later pull of the same file (by SHA-256) goes on from. */
  openPart(modelId: string, contentId: string): Promise<PartialModelFile>;
  /** Bytes on their way in that nobody goes on from. */
  openImport(): Promise<PartialModelFile>;
  /** A private folder for a source's own temporary files; whatever a killed server left in one is removed at the next start. */
  temporaryFolder(): Promise<string>;
  checkSpaceFor(sizeBytes: number): Promise<void>;
  /**
   * Checks the whole part (size, SHA-256, GGUF) and makes it the model's file, replacing an older one.
   * @throws AppError `failed-precondition` when it is not what it must be: the part is then removed.
   */
  install(
    modelId: string,
    part: PartialModelFile,
    options: { readonly source: string; readonly expected: ExpectedFile; readonly signal?: AbortSignal },
  ): Promise<InstalledModel>;
  /** Removes file, details and whatever was on its way in; no error when there is nothing. */
  remove(modelId: string): Promise<void>;
};

/** Opens the folder, made if missing, and removes what an interrupted import or unpacking left behind. */
export async function openModelFileStore(options: {
  directory: string;
  clock: Clock;
  logger: Logger;
}): Promise<ModelFileStore> {
  const { directory, clock, logger } = options;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      if (/^\.(import|unpack)-/.test(name)) await rm(join(directory, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw asModelFolderError(error);
  }
  const pathOf = (modelId: string): string => join(directory, `${fileStemOf(modelId)}.gguf`);
  const detailsPathOf = (modelId: string): string => join(directory, `${fileStemOf(modelId)}.json`);

  /** What was found out of a file, until it changes: every request asks for the models. */
  const seen = new Map<string, { readonly state: string; readonly model: Promise<InstalledModel | undefined> }>();

  async function find(modelId: string): Promise<InstalledModel | undefined> {
    const path = pathOf(modelId);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isFile()) return undefined;
    const state = `${found.ino} ${found.size} ${found.mtimeMs}`;
    const known = seen.get(path);
    if (known?.state === state) return known.model;
    const model = look(modelId, path, found.size);
    seen.set(path, { state, model });
    return model;
  }

  async function look(modelId: string, path: string, sizeBytes: number): Promise<InstalledModel | undefined> {
    const details = await readDetails(detailsPathOf(modelId));
    if (details?.sizeBytes === sizeBytes) return { modelId, path, ...details };
    return adopt(modelId, path, sizeBytes);
  }

  /** A file that somebody copied into the folder becomes a model if it is a whole GGUF file; otherwise it stays unlisted. */
  async function adopt(modelId: string, path: string, sizeBytes: number): Promise<InstalledModel | undefined> {
    try {
      const metadata = await inspectGgufFile(path);
      const details = {
        sha256: null,
        source: 'put into the models folder',
        sizeBytes,
        pulledAt: clock.now().toISOString(),
        metadata: { ...metadata, functions: [...metadata.functions] },
      };
      await writeAtomically(detailsPathOf(modelId), JSON.stringify(details, null, 2));
      return { modelId, path, ...details };
    } catch (error) {
      logger.warn('a file in the models folder is no usable model', { modelId, error: loggableError(error) });
      return undefined;
    }
  }

  return {
    find,
    async list() {
      const names = await readdir(directory).catch((error: unknown) => {
        throw asModelFolderError(error);
      });
      const models: InstalledModel[] = [];
      for (const name of names.sort()) {
        const modelId = name.endsWith('.gguf') ? modelIdOfFileStem(name.slice(0, -'.gguf'.length)) : undefined;
        const model = modelId === undefined ? undefined : await find(modelId);
        if (model !== undefined) models.push(model);
      }
      return models;
    },
    openPart: (modelId, contentId) => openPartialModelFile(`${pathOf(modelId)}.part`, contentId),
    openImport: () => openPartialModelFile(join(directory, `.import-${newId()}.part`), 'import'),
    async temporaryFolder() {
      const path = join(directory, `.unpack-${newId()}`);
      await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
        throw asModelFolderError(error);
      });
      return path;
    },
    checkSpaceFor: (sizeBytes) => checkSpaceFor(join(directory, '.'), sizeBytes),
    async install(modelId, part, { source, expected, signal }) {
      try {
        const { sizeBytes } = await part.received();
        if (expected.sizeBytes !== null && sizeBytes !== expected.sizeBytes) {
          throw wrongFile(`${source} sent ${sizeBytes} bytes; the model file has ${expected.sizeBytes}.`);
        }
        const sha256 = await sha256OfFile(part.path, signal);
        if (expected.sha256 !== null && sha256 !== expected.sha256) {
          throw wrongFile(
            `The file from ${source} has the SHA-256 ${sha256}, but ${expected.sha256} was expected: it was damaged on its way or is another file.`,
          );
        }
        const metadata = await inspectGgufFile(part.path);
        const details = {
          sha256,
          source,
          sizeBytes,
          pulledAt: clock.now().toISOString(),
          metadata: { ...metadata, functions: [...metadata.functions] },
        };
        // The details first: the rename of the model file is the moment from which it is there.
        await writeAtomically(detailsPathOf(modelId), JSON.stringify(details, null, 2));
        await rename(part.path, pathOf(modelId));
        await syncFolder(directory);
        return { modelId, path: pathOf(modelId), ...details };
      } catch (error) {
        throw asModelFolderError(error);
      } finally {
        // Stopped while checking: the bytes may be right, and the next pull goes on from them.
        if (signal?.aborted !== true) await part.remove();
      }
    },
    async remove(modelId) {
      const path = pathOf(modelId);
      try {
        for (const name of [path, detailsPathOf(modelId), `${path}.part`, `${path}.part.json`]) {
          await rm(name, { force: true });
        }
        await syncFolder(directory);
      } catch (error) {
        throw asModelFolderError(error);
      }
    },
  };
}

async function readDetails(path: string): Promise<z.infer<typeof detailsSchema> | undefined> {
  try {
    return detailsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** SHA-256 of a whole file in hex. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal === undefined ? {} : { signal }) });
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

async function writeAtomically(path: string, text: string): Promise<void> {
  // A name of its own: two requests may be the first to see a file. What a crash leaves is removed like an interrupted import.
  const temporary = join(dirname(path), `.import-${newId()}.json`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function wrongFile(message: string): AppError {
  return new AppError('failed-precondition', `${message} Nothing of it was kept.`, {
    details: { reason: 'model-file-not-valid' },
  });
}
