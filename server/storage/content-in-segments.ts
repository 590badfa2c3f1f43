/** The most plaintext that a segment has. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** The content of one segment, on its way. */
export type SegmentContent = {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** How many bytes it had. Known when `pieces` has ended. */
  sizeBytes(): number;
  /** Resolves when nothing more is taken from `pieces`: to true when all was taken, to false when it failed or was left before. */
  readonly isTaken: Promise<boolean>;
};

/** Cuts a stream into segments, one after another, without collecting any of it. Content of nothing is one segment of nothing. */
export class ContentInSegments {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #segmentBytes: number;
  /** The rest of the piece that a segment ended in. */
  #rest: Uint8Array | undefined;

  constructor(content: AsyncIterable<Uint8Array>, segmentBytes = SEGMENT_BYTES) {
    this.#source = content[Symbol.asyncIterator]();
    this.#segmentBytes = segmentBytes;
  }

  /** The next segment; call it again only when all of the one before it is taken. */
  next(): SegmentContent {
    let sizeBytes = 0;
    const { promise: isTaken, resolve } = Promise.withResolvers<boolean>();
    const take = (roomBytes: number) => this.#take(roomBytes);
    const roomBytes = this.#segmentBytes;
    async function* pieces(): AsyncIterable<Uint8Array> {
      try {
        while (sizeBytes < roomBytes) {
          const piece = await take(roomBytes - sizeBytes);
          if (piece === undefined) break;
          sizeBytes += piece.length;
          yield piece;
        }
        resolve(true);
      } finally {
        resolve(false);
      }
    }
    return { pieces: pieces(), sizeBytes: () => sizeBytes, isTaken };
  }

  /** Whether there is more. Reads until there is something or the end. */
  async hasMore(): Promise<boolean> {
    this.#rest = await this.#take(Number.POSITIVE_INFINITY);
    return this.#rest !== undefined;
  }

  /** Lets the sender go. Not waited for: a sender that sends nothing may never answer. */
  leave(): void {
    this.#source.return?.().catch(() => {});
  }

  /** The next bytes, at least one and at most so many; undefined at the end. */
  async #take(mostBytes: number): Promise<Uint8Array | undefined> {
    let piece = this.#rest;
    while (piece === undefined || piece.length === 0) {
      const read = await this.#source.next();
      if (read.done) return undefined;
      piece = read.value;
    }
    this.#rest = piece.length > mostBytes ? piece.subarray(mostBytes) : undefined;
    return piece.subarray(0, mostBytes);
  }
}
