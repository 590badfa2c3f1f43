import { AppError } from '../../core/index.ts';
import {
  type ArchivedAsset,
  type ArchivedObject,
  type ArchivedPart,
  type ManifestHead,
  MOST_ENTRIES,
  MOST_MANIFEST_BYTES,
} from './archive-manifest.ts';

/** Kept for what is no entry: the project's name and description, and the words around the lists. */
const HEAD_BYTES = 64 * 1024;
const ENTRIES_A_PIECE = 500;
const BETWEEN = ',\n';

/** How much an archive still takes. */
export class ManifestRoom {
  #entries = MOST_ENTRIES;
  #sizeBytes = MOST_MANIFEST_BYTES - HEAD_BYTES;

  /**
   * @param sizeBytes of each of the entries, as {@link entrySizeBytes} tells it
   * @throws AppError `failed-precondition` (reason `project-too-large`) when no import would take the archive
   */
  take(sizeBytes: number, entries = 1): void {
    this.#entries -= entries;
    this.#sizeBytes -= entries * sizeBytes;
    if (this.#entries >= 0 && this.#sizeBytes >= 0) return;
    throw new AppError(
      'failed-precondition',
      `This project is too large for one archive: at most ${MOST_ENTRIES} assets, versions, session entries and objects of the bucket, whose names and descriptions have ${MOST_MANIFEST_BYTES / (1024 * 1024)} MiB together. Delete what is not needed any more, or download what is needed by itself.`,
      { details: { reason: 'project-too-large' } },
    );
  }
}

export function entrySizeBytes(entry: ArchivedAsset | ArchivedPart | ArchivedObject): number {
  return sizeOf(JSON.stringify(entry));
}

/** Gathers the manifest of an archive while it is made, each entry as the text that it becomes. */
export class ManifestWriter {
  readonly #head: Omit<ManifestHead, 'version'>;
  readonly #assets: string[] = [];
  readonly #parts: string[] = [];
  readonly #objects: string[] = [];
  readonly #room = new ManifestRoom();

  constructor(head: Omit<ManifestHead, 'version'>) {
    this.#head = head;
  }

  /** @throws AppError see `ManifestRoom.take` */
  addAsset(asset: ArchivedAsset): void {
    this.#assets.push(this.#textOf(asset));
  }

  /** @throws AppError see `ManifestRoom.take` */
  addPart(part: ArchivedPart): void {
    this.#parts.push(this.#textOf(part));
  }

  /** @throws AppError see `ManifestRoom.take` */
  addObject(object: ArchivedObject): void {
    this.#objects.push(this.#textOf(object));
  }

  /** What was gathered when it is read: JSON, an entry a line. */
  async *text(): AsyncGenerator<Uint8Array> {
    const head: ManifestHead = { ...this.#head, version: this.#parts.length > 0 ? 2 : 1 };
    yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"assets":[\n`);
    yield* joined(this.#assets);
    if (this.#parts.length > 0) {
      yield Buffer.from('],"parts":[\n');
      yield* joined(this.#parts);
    }
    yield Buffer.from('],"objects":[\n');
    yield* joined(this.#objects);
    yield Buffer.from(']}\n');
  }

  #textOf(entry: ArchivedAsset | ArchivedPart | ArchivedObject): string {
    const text = JSON.stringify(entry);
    this.#room.take(sizeOf(text));
    return text;
  }
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text) + BETWEEN.length;
}

function* joined(entries: readonly string[]): Generator<Uint8Array> {
  for (let start = 0; start < entries.length; start += ENTRIES_A_PIECE) {
    const piece = entries.slice(start, start + ENTRIES_A_PIECE).join(BETWEEN);
    yield Buffer.from(start === 0 ? piece : `${BETWEEN}${piece}`);
  }
}
