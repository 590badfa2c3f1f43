import { type FileHandle, open, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError } from '../core/index.ts';
import { asModelFolderError, fileErrorCode } from './model-folder-error.ts';

/**
 * The bytes of a model on their way in: `<name>.gguf.part`, and beside it `<name>.gguf.part.json` that says which file they are the
 * beginning of. Nothing lists it as a model. It outlives a cut connection or a killed server, so that the next pull goes on.
 */
export type PartialModelFile = {
  readonly path: string;
  /** How many bytes are there to go on from, and the server's version tag for them. */
  received(): Promise<{ readonly sizeBytes: number; readonly etag: string | null }>;
  /**
   * Keeps the first `offset` bytes and adds `chunks` after them. On return the bytes are on the disk (fsync).
   * @throws AppError `resource-exhausted` when the disk is full or more than `mostBytes` come; what `chunks` throws goes through,
   *   with everything before it kept.
   */
  write(
    chunks: AsyncIterable<Uint8Array>,
    options: {
      readonly offset: number;
      readonly etag?: string | null;
      readonly mostBytes?: number;
      readonly onSize?: (sizeBytes: number) => void;
    },
  ): Promise<void>;
  remove(): Promise<void>;
};

const noteSchema = z.object({ contentId: z.string(), etag: z.string().nullable() });
type Note = z.infer<typeof noteSchema>;

/**
 * @param path of the part; its folder exists.
 * @param contentId what the whole file is to be, by its SHA-256: bytes of another file that lie there are thrown away.
 */
export async function openPartialModelFile(path: string, contentId: string): Promise<PartialModelFile> {
  const notePath = `${path}.json`;
  const remove = async (): Promise<void> => {
    await rm(path, { force: true });
    await rm(notePath, { force: true });
  };
  const writeNote = (note: Note) => writeFile(notePath, JSON.stringify(note), { mode: 0o600 });

  const note = await readNote(notePath);
  if (note?.contentId !== contentId) {
    await remove();
    await writeNote({ contentId, etag: null }).catch((error: unknown) => {
      throw asModelFolderError(error);
    });
  }

  return {
    path,
    remove,
    async received() {
      const sizeBytes = await stat(path).then(
        (found) => found.size,
        () => 0,
      );
      return { sizeBytes, etag: (await readNote(notePath))?.etag ?? null };
    },
    async write(chunks, { offset, etag, mostBytes, onSize }) {
      const file = await openAt(path, offset);
      try {
        if (etag !== undefined) await writeNote({ contentId, etag });
        let sizeBytes = offset;
        for await (const chunk of chunks) {
          if (mostBytes !== undefined && sizeBytes + chunk.byteLength > mostBytes) throw tooLong();
          await writeAll(file, chunk, sizeBytes);
          sizeBytes += chunk.byteLength;
          onSize?.(sizeBytes);
        }
        await file.sync();
      } catch (error) {
        throw isDiskError(error) ? asModelFolderError(error) : error;
      } finally {
        await file.close();
      }
    },
  };
}

/** @throws AppError `resource-exhausted` when the folder's disk clearly has no room for so many bytes more. */
export async function checkSpaceFor(path: string, sizeBytes: number): Promise<void> {
  const disk = await statfs(dirname(path)).catch(() => undefined);
  if (disk !== undefined && disk.bavail * disk.bsize < sizeBytes) {
    throw asModelFolderError(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
  }
}

async function openAt(path: string, offset: number): Promise<FileHandle> {
  try {
    const file = await open(path, offset === 0 ? 'w' : 'r+', 0o600);
    await file.truncate(offset);
    return file;
  } catch (error) {
    throw asModelFolderError(error);
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, position + written);
    written += bytesWritten;
  }
}

async function readNote(path: string): Promise<Note | undefined> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'].includes(fileErrorCode(error) ?? '');
}

function tooLong(): AppError {
  return new AppError(
    'failed-precondition',
    'More bytes came than the model file has; it is not the file it says it is.',
    {
      details: { reason: 'model-file-not-valid' },
    },
  );
}
