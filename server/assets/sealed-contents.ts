import { AppError, type Clock, Confidential, isAppError, type Logger, loggableError } from '../core/index.ts';
import { type ByteRange, type SealedObject, type Storage, storedIdsOf } from '../storage/index.ts';
import type { AssetStore, ProjectScope } from './asset-store.ts';
import type { ObjectsInFlight } from './objects-in-flight.ts';
import { type RequestedPart, rangeOf } from './requested-part.ts';
import { LEAST_AGE_MS } from './sweep-orphans.ts';

/** What an asset's object is sealed for. Part of its encryption context: never changes. */
export const ASSET_CONTENT = 'asset-content';

/** Well before another server of the same deployment may sweep the first segment of what this one still saves. */
const LONGEST_SAVE_MS = LEAST_AGE_MS / 2;

/** Content on its way, in pieces. */
export type ContentStream = Confidential<AsyncIterable<Uint8Array>>;

/** Content that was opened. Whoever does not read it to the end leaves the iteration, or calls `leave`. */
export type OpenedContent = {
  readonly content: ContentStream;
  /** Of the whole content; absent for what was sealed before this was kept. */
  readonly sizeBytes?: number;
  /** The bytes that come, where a part was asked for. Absent: all of them. */
  readonly range?: ByteRange;
  /** Ends it without reading on. */
  leave(): Promise<void>;
};

type SealedContentsOptions = {
  readonly store: Pick<AssetStore, 'referenced'>;
  readonly storage: Storage;
  readonly inFlight: ObjectsInFlight;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The bytes behind the rows: sealed before there is a row, and deleted after it is gone. */
export class SealedContents {
  readonly #options: SealedContentsOptions;

  constructor(options: SealedContentsOptions) {
    this.#options = options;
  }

  /**
   * Seals content under new ids, then lets `acknowledge` write the rows. If that fails, the bytes go away again.
   * @throws AppError `cancelled` when the content took hours to come
   */
  save<T>(
    { accountId, projectId }: ProjectScope,
    purpose: string,
    content: AsyncIterable<Uint8Array>,
    acknowledge: (sealed: SealedObject) => Promise<T>,
  ): Promise<T> {
    const { storage, inFlight, clock } = this.#options;
    const scope = { accountId, projectId };
    return inFlight.during(async (newSegmentId) => {
      const beganAtMs = clock.monotonicMs();
      const sealed = await storage.sealedBucket.put({ ...scope, purpose, newSegmentId }, content);
      const storedIds = storedIdsOf(sealed);
      if (clock.monotonicMs() - beganAtMs > LONGEST_SAVE_MS) {
        await this.delete(scope, storedIds);
        throw tookTooLong();
      }
      return this.deleteUnlessKept(scope, storedIds, () => acknowledge(sealed));
    });
  }

  /** Lets `keep` write the rows that refer to bytes. If that fails, the bytes go away again. */
  async deleteUnlessKept<T>(scope: ProjectScope, storedIds: readonly string[], keep: () => Promise<T>): Promise<T> {
    try {
      return await keep();
    } catch (error) {
      // A connection that broke during the commit leaves it open whether the row is there. Only an object without a row may go.
      const referenced = await this.#options.store.referenced(scope, storedIds).catch(() => undefined);
      if (referenced?.size === 0) await this.delete(scope, storedIds);
      throw error;
    }
  }

  /** Opens what was sealed; see `SealedBucket.get`. */
  open(
    { accountId, projectId }: ProjectScope,
    sealed: SealedObject,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#options.storage.sealedBucket.get({ accountId, projectId }, sealed, range);
  }

  /**
   * Opens what was sealed, or a part of it, up to its first piece: what does not open is known before anything is given out.
   * @param part ignored where the size of the whole is not known
   * @throws AppError see `SealedBucket.get` and `rangeOf`
   */
  async openStream(
    { accountId, projectId }: ProjectScope,
    sealed: SealedObject,
    part?: RequestedPart,
  ): Promise<OpenedContent> {
    const { sizeBytes } = sealed;
    const range = part === undefined || sizeBytes === undefined ? undefined : rangeOf(part, sizeBytes);
    const opened = await this.#options.storage.sealedBucket.get({ accountId, projectId }, sealed, range);
    return {
      ...(await startedContent(opened)),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(range === undefined ? {} : { range }),
    };
  }

  /** Deletes bytes, by their ids in the bucket, whose key is gone already. A failure is no failure of the caller's: the sweep takes what is left. */
  async delete({ accountId, projectId }: ProjectScope, storedIds: readonly string[]): Promise<void> {
    const { storage, logger } = this.#options;
    try {
      await storage.sealedBucket.delete({ accountId, projectId }, storedIds);
    } catch (error) {
      logger.warn('a sealed object could not be deleted; a later sweep tries again', {
        accountId,
        projectId,
        error: loggableError(error),
      });
    }
  }
}

/**
 * Opens what a row refers to; if somebody saves new content between the row and the bytes, what they saved.
 * @returns undefined when the row is gone; without `opened` when the row refers to nothing, or its bytes are not there
 */
export async function openLatest<Row extends { readonly object: SealedObject | undefined }, Opened>(
  find: () => Promise<Row | undefined>,
  open: (object: SealedObject) => Promise<Opened>,
): Promise<(Row & { readonly opened?: Opened }) | undefined> {
  for (;;) {
    const found = await find();
    if (found?.object === undefined) return found;
    try {
      return { ...found, opened: await open(found.object) };
    } catch (error) {
      const now = await find();
      if (now?.object?.objectId !== found.object.objectId) continue;
      if (isAppError(error, 'not-found')) return found;
      throw error;
    }
  }
}

/** Reads up to the first piece: what fails at once is known before anything is given out. */
export async function startedContent(
  content: AsyncIterable<Uint8Array>,
): Promise<Pick<OpenedContent, 'content' | 'leave'>> {
  const pieces = content[Symbol.asyncIterator]();
  const first = await pieces.next();
  return {
    content: Confidential.of<AsyncIterable<Uint8Array>>(continued(first, pieces)),
    async leave() {
      await pieces.return?.();
    },
  };
}

/** Content that was opened, once `record` has said so in the audit log: what cannot be recorded is not opened. */
export async function onceRecorded<Opened extends Pick<OpenedContent, 'leave'>>(
  opened: Opened,
  record: () => Promise<unknown>,
): Promise<Opened> {
  try {
    await record();
    return opened;
  } catch (error) {
    await opened.leave();
    throw error;
  }
}

function tookTooLong(): AppError {
  return new AppError(
    'cancelled',
    `The content took longer than ${LONGEST_SAVE_MS / (60 * 60 * 1000)} hours to come. Nothing was kept. Upload it in parts that can be resumed.`,
  );
}

/**
 * The rest of an iteration whose first piece was taken already. No generator: one that is left before its first piece was asked for never
 * runs, its `finally` neither, and what it reads from would stay open. Whoever leaves this one always ends `rest`.
 */
export function continued(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncIterableIterator<Uint8Array> {
  let taken: IteratorResult<Uint8Array> | undefined = first;
  let isLeft = false;
  const done = { done: true, value: undefined } as const;
  const leave = async () => {
    isLeft = true;
    await rest.return?.();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (isLeft) return done;
      const piece = taken ?? (await rest.next());
      taken = undefined;
      return piece;
    },
    async return() {
      await leave();
      return done;
    },
    async throw(error: unknown) {
      await leave();
      throw error;
    },
  };
}
