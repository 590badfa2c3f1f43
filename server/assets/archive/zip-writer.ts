import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** A file that a zip gets. */
export type NewZipEntry = {
  readonly path: string;
  readonly at: Date;
  readonly content: AsyncIterable<Uint8Array>;
};

const PRIVATE_FILE = 0o100600;

/**
 * The bytes of a zip with these entries. It keeps some hundred bytes of each entry in memory and nothing of their content: an entry is asked
 * for when the one before was read to its end. Entries are stored as they are: what is opened next to it is as fast as it was sealed, and no
 * archive can be larger than what comes out of it. When an entry fails, so does the reading, and what came until then is no zip.
 */
export async function* zipOf(entries: AsyncIterable<NewZipEntry>): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let current: Readable | undefined;
  const write = async () => {
    for await (const { path, at, content } of entries) {
      if (output.destroyed) return;
      current = Readable.from(withoutEmptyPieces(content), { objectMode: false });
      const isRead = finished(current);
      zip.addReadStream(current, path, { compress: false, mtime: at, mode: PRIVATE_FILE });
      await isRead;
    }
    zip.end();
  };
  const writing = write().catch((error: unknown) => {
    output.destroy(error instanceof Error ? error : new Error('An entry failed.'));
  });
  try {
    for await (const piece of output) yield piece as Uint8Array;
  } finally {
    // Whoever has enough leaves the entry that is open, and so the writing.
    current?.destroy();
    output.destroy();
    await writing;
  }
}

/** A stream of bytes takes an empty piece for a pause. */
async function* withoutEmptyPieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of content) if (piece.length > 0) yield piece;
}
