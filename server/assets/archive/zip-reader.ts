import { Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { AppError } from '../../core/index.ts';
import type { ByteRange } from '../../storage/index.ts';
import { MOST_ENTRIES } from './archive-manifest.ts';

/** Bytes that can be read from any place, for example a sealed object's. */
export type RandomAccessBytes = {
  readonly sizeBytes: number;
  read(range: ByteRange): Promise<AsyncIterable<Uint8Array>>;
};

/** A zip, by the list at its end. */
export type ZipReading = {
  /** How many bytes each file in it has. */
  readonly sizes: ReadonlyMap<string, number>;
  /** @param path one of `sizes` */
  open(path: string): Promise<AsyncIterable<Uint8Array>>;
};

/** All that the archives need, and the manifest. */
const MOST_FILES = MOST_ENTRIES + 1;
/** In the list at the end, of each file. The names that Cloister gives are shorter. */
const [MOST_NAME_BYTES, MOST_EXTRA_BYTES] = [200, 1000];
/** What stands before a file's name. */
const LOCAL_HEADER_BYTES = 30;
/** Small reads come in a row: the list at the end, and what stands before each file. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Reads the list of a zip, and its files from where they are: nothing is unpacked anywhere.
 * It takes only files that are stored as they are, each from bytes of its own, so nothing grows when it is read.
 * @throws AppError `failed-precondition` (reason `archive-not-readable`); what the bytes' own reading throws comes through as it is
 */
export async function readZip(bytes: RandomAccessBytes): Promise<ZipReading> {
  const reader = new WindowedReader(bytes);
  const zip = await reader.orItsOwnFailure(() =>
    fromRandomAccessReaderPromise(reader, bytes.sizeBytes, {
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    }),
  );
  const entries = await reader.orItsOwnFailure(() => listEntries(zip, bytes.sizeBytes));
  return {
    sizes: new Map([...entries].map(([path, { size }]) => [path, size])),
    async open(path) {
      const entry = entries.get(path);
      if (entry === undefined) throw notReadable('a file that its manifest names is not in it');
      const { fileDataStart: start } = await reader.orItsOwnFailure(() =>
        zip.readLocalFileHeaderPromise(asEntry(entry), { minimal: true }),
      );
      const range = { start, endExclusive: start + entry.size };
      // The list says where a file begins, and what stands there how much comes before its bytes.
      if (range.endExclusive > entry.endsBefore) throw sharesBytes();
      return reader.stream(range);
    },
  };
}

/** Where a file is, from what stands before it to where the next one begins. */
type Place = { readonly offset: number; readonly size: number; readonly leastEnd: number; endsBefore: number };

/** Of each file it keeps no more than its name and its place: a list has what its maker likes. */
async function listEntries(zip: ZipFile, zipBytes: number): Promise<ReadonlyMap<string, Place>> {
  if (zip.entryCount > MOST_FILES) throw notReadable(`it has more than ${MOST_ENTRIES} files`);
  const entries = new Map<string, Place>();
  for await (const entry of zip.eachEntry()) {
    const {
      fileName,
      compressionMethod,
      compressedSize,
      uncompressedSize: size,
      relativeOffsetOfLocalHeader: offset,
    } = entry;
    if (entry.fileNameLength > MOST_NAME_BYTES) throw notReadable('a name in it is too long');
    if (entry.extraFieldLength + entry.fileCommentLength > MOST_EXTRA_BYTES)
      throw notReadable('it says more of a file than the archives that Cloister makes');
    if (entry.isEncrypted()) throw notReadable('a file in it is encrypted by itself');
    if (compressionMethod !== 0 || compressedSize !== size)
      throw notReadable('a file in it is compressed; the archives that Cloister makes are not');
    if (entries.has(fileName)) throw notReadable('it has two files of one name');
    const leastEnd = offset + LOCAL_HEADER_BYTES + entry.fileNameLength + size;
    entries.set(fileName, { offset, size, leastEnd, endsBefore: zipBytes });
  }
  requireApart([...entries.values()], zipBytes);
  return entries;
}

function requireApart(places: readonly Place[], zipBytes: number): void {
  let endsBefore = zipBytes;
  for (const place of places.toSorted((one, other) => other.offset - one.offset)) {
    if (place.leastEnd > endsBefore) throw sharesBytes();
    place.endsBefore = endsBefore;
    endsBefore = place.offset;
  }
}

function sharesBytes(): AppError {
  return notReadable('files in it share bytes, or reach past its end');
}

function asEntry({ offset, size }: Place): Entry {
  return Object.assign(new Entry(), { relativeOffsetOfLocalHeader: offset, compressedSize: size });
}

/** The library's way to the bytes. It keeps the window that was read last, so that a row of small reads is one of the bytes. */
class WindowedReader extends RandomAccessReader {
  readonly #bytes: RandomAccessBytes;
  #window = { start: 0, content: Buffer.alloc(0) };
  #failure: unknown;

  constructor(bytes: RandomAccessBytes) {
    super();
    this.#bytes = bytes;
  }

  override read(target: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void) {
    this.#readSmall({ start: position, endExclusive: position + length }).then(
      (found) => {
        found.copy(target, offset);
        setImmediate(done, null);
      },
      (error: unknown) => {
        this.#failure = error;
        setImmediate(done, new Error('The bytes could not be read.'));
      },
    );
  }

  async stream(range: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const known = this.#inWindow(range);
    return known === undefined ? this.#bytes.read(range) : asIterable(known);
  }

  /** The library's errors quote names of files, which are nobody's business here; a failure to read at all is no fault of the archive. */
  async orItsOwnFailure<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = this.#failure ?? error;
      throw failure instanceof AppError ? failure : notReadable('it is no zip, or a damaged one');
    }
  }

  async #readSmall(range: ByteRange): Promise<Buffer> {
    if (range.start < 0 || range.endExclusive > this.#bytes.sizeBytes) throw notReadable('it points behind its end');
    const known = this.#inWindow(range);
    if (known !== undefined) return known;
    const endExclusive = Math.min(this.#bytes.sizeBytes, Math.max(range.endExclusive, range.start + WINDOW_BYTES));
    const pieces: Uint8Array[] = [];
    for await (const piece of await this.#bytes.read({ start: range.start, endExclusive })) pieces.push(piece);
    this.#window = { start: range.start, content: Buffer.concat(pieces) };
    return this.#window.content.subarray(0, range.endExclusive - range.start);
  }

  #inWindow({ start, endExclusive }: ByteRange): Buffer | undefined {
    const { start: first, content } = this.#window;
    const isIn = start >= first && endExclusive <= first + content.length;
    return isIn ? content.subarray(start - first, endExclusive - first) : undefined;
  }
}

async function* asIterable(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  yield piece;
}

/** @param why what is wrong with it, as the end of a sentence; never a word of what is in it */
export function notReadable(why: string): AppError {
  return new AppError(
    'failed-precondition',
    `This archive cannot be taken in: ${why}. Export the project again, and upload the file as it is.`,
    { details: { reason: 'archive-not-readable' } },
  );
}
