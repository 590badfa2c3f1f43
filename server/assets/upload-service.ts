import { createHash } from 'node:crypto';
import { type Audit, sumDigests } from '../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  invalidField,
  isAppError,
  isId,
  newId,
  notFound,
} from '../core/index.ts';
import { ContentInSegments, objectOfSegments, SEGMENT_BYTES, type Segment, type Storage } from '../storage/index.ts';
import type { AssetStore, PersonScope } from './asset-store.ts';
import { readTags } from './asset-tags.ts';
import type { ObjectsInFlight } from './objects-in-flight.ts';
import { rangeOf } from './requested-part.ts';
import { ASSET_CONTENT, type ContentStream, type SealedContents } from './sealed-contents.ts';
import { digestsOfUpload } from './sealed-digest-store.ts';
import type { NewUpload, RunningUpload, Upload, UploadPlace, UploadStore } from './upload-store.ts';

/** What an upload becomes. */
export const DATA_ASSET = 'data-asset';

const BYTES_PER_MEGABYTE = 1_000_000;
/** After this without a byte an upload is given up. */
const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;
/** Unfinished ones of one person in one project. */
const MOST_UPLOADS = 100;
/** A part that ends early, wherever the sender wants or a connection breaks, leaves a segment that is not full: so many, and half of all. */
const SPARE_SEGMENTS = 1000;
/** Small enough to be digested while somebody waits, and by a browser in memory. */
const BLOCK_BYTES = 16 * 1024 * 1024;

/**
 * Uploads that go on after a break: content is sealed in segments as it comes, and what a segment has is kept when it is durable. Every
 * method checks first whether the actor may. Somebody else's upload is `not-found`, like one that is unknown.
 */
export type UploadService = {
  /** What is taken at most. */
  readonly mostBytes: number;
  /**
   * Begins an upload. One of no bytes is finished at once.
   * @throws AppError `invalid-argument` (reason `upload-too-large`), `resource-exhausted` with too many unfinished ones
   */
  create(
    actor: Actor,
    projectId: string,
    upload: Pick<Upload, 'name' | 'description' | 'tags' | 'mediaType' | 'lengthBytes'>,
  ): Promise<Upload>;
  /** The actor's unfinished ones, the newest first. */
  list(actor: Actor, projectId: string): Promise<readonly Upload[]>;
  /** How far it is. Of a finished one all of it: `offsetBytes` is `lengthBytes`, and the asset has the upload's id. */
  get(actor: Actor, projectId: string, uploadId: string): Promise<Upload>;
  /**
   * The digest of a block of what has come, for whoever goes on to compare with their file. Blocks have a fixed size: the digest of a few
   * bytes that somebody chooses would be as good as the bytes. It is made anew each time, in constant memory, and kept nowhere.
   * @param number 0, 1 and so on; the last block may have less than the others
   * @throws AppError `invalid-argument` (reason `range-not-satisfiable`) when nothing of the block has come
   */
  digestOfBlock(actor: Actor, projectId: string, uploadId: string, number: number): Promise<BlockDigest>;
  /**
   * Goes on with an upload, in constant memory. When the last byte is in, the asset is there, and the audit log has it.
   * @returns how far it is now
   * @throws AppError `failed-precondition` (reason `upload-offset` where the upload is somewhere else, `upload-busy` while another request
   *   goes on with it), `cancelled` when the content stops coming. What had come is kept then, and the upload can go on.
   *   `invalid-argument` (reason `upload-parts-too-small`) when it came in very many parts already: from then on, only whole segments and
   *   the end are kept.
   */
  append(
    actor: Actor,
    projectId: string,
    uploadId: string,
    part: { readonly offsetBytes: number; readonly content: ContentStream },
  ): Promise<Upload>;
  /** Gives an upload up: its key and all that had come are gone. @returns the deletion receipt */
  cancel(actor: Actor, projectId: string, uploadId: string): Promise<string>;
};

export type BlockDigest = { readonly sizeBytes: number; readonly sha256: Uint8Array };

export function createUploadService(options: {
  readonly uploads: UploadStore;
  readonly store: AssetStore;
  readonly contents: SealedContents;
  readonly inFlight: ObjectsInFlight;
  readonly storage: Storage;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly maxUploadMegabytes: number;
}): UploadService {
  const { uploads, store, contents, inFlight, storage, authorize, audit, clock, maxUploadMegabytes } = options;
  /** Those that a request of this process goes on with. Another server's is met when its segment is kept. */
  const busy = new Set<string>();

  const newExpiry = () => new Date(clock.now().getTime() + LIFETIME_MS);

  async function authorizeWriting(actor: Actor, projectId: string): Promise<PersonScope> {
    await authorize(actor, { action: 'write-asset', projectId });
    return { accountId: actor.accountId, userId: actor.userId, projectId };
  }

  async function requireRunning(place: UploadPlace): Promise<RunningUpload> {
    const found = await uploads.find(place);
    if (found === undefined) throw notFound('upload', place.uploadId);
    return found;
  }

  /** Seals what comes, a segment at a time, and keeps each when it is durable. */
  async function sealArriving(
    actor: Actor,
    place: UploadPlace,
    upload: RunningUpload,
    arriving: AsyncIterable<Uint8Array>,
    newStoredId: () => string,
  ): Promise<Upload> {
    const parts = new ContentInSegments(arriving);
    let { offsetBytes, expiresAt } = upload;
    // An upload of nothing has one segment of nothing.
    for (let number = upload.nextNumber; offsetBytes < upload.lengthBytes ? await parts.hasMore() : number === 0; ) {
      const next = { number, segmentId: newStoredId(), offsetBytes };
      const segment = await storage.sealedBucket.putSegment(place, upload.header, next, parts.next());
      if (number >= mostSegments(upload) && !isFull(segment) && !isLast(segment, upload)) {
        await contents.delete(place, [segment.segmentId]);
        throw partsTooSmall();
      }
      expiresAt = newExpiry();
      await keep(actor, place, upload, segment, expiresAt);
      offsetBytes += segment.sizeBytes;
      number += 1;
    }
    return shown({ ...upload, offsetBytes, expiresAt });
  }

  /** Keeps the row of a segment, or, of the last one, makes the asset. If that fails, the segment's bytes go away again. */
  async function keep(
    actor: Actor,
    place: UploadPlace,
    upload: RunningUpload,
    segment: Segment,
    expiresAt: Date,
  ): Promise<void> {
    await contents.deleteUnlessKept(place, [segment.segmentId], async () => {
      if (isLast(segment, upload)) await finish(actor, place, upload, segment);
      else if (!(await uploads.advance(place, segment, expiresAt))) throw isElsewhere();
    });
  }

  async function finish(actor: Actor, place: UploadPlace, upload: RunningUpload, last: Segment): Promise<void> {
    const { id, type, name, description, tags, mediaType, header } = upload;
    const event = { action: 'asset.create', target: { type: 'asset', id }, projectId: place.projectId } as const;
    await audit.change(actor, event, async () => {
      const before = await uploads.take(place, last.offsetBytes);
      if (before === undefined) throw isElsewhere();
      const object = objectOfSegments(header, [...before, last]);
      const metadata = { id, type, name, description, tags, mediaType, createdByUserId: actor.userId };
      return store.insert(place, { ...metadata, object }, clock.now());
    });
  }

  return {
    mostBytes: maxUploadMegabytes * BYTES_PER_MEGABYTE,

    async create(actor, projectId, { name, description, tags, mediaType, lengthBytes }) {
      const scope = await authorizeWriting(actor, projectId);
      if (lengthBytes > this.mostBytes) throw isTooLarge(maxUploadMegabytes);
      const header = await storage.sealedBucket.beginObject({ ...placeOf(scope), purpose: ASSET_CONTENT });
      const metadata = { name, description, tags: readTags(tags), mediaType, lengthBytes };
      const times = { createdAt: clock.now(), expiresAt: newExpiry() };
      const upload: NewUpload = { id: newId(), type: DATA_ASSET, ...metadata, ...times, header };
      if (!(await uploads.insert(scope, upload, MOST_UPLOADS))) throw tooManyUploads();
      const begun = { ...upload, offsetBytes: 0, nextNumber: 0 };
      if (lengthBytes > 0) return shown(begun);
      const place = { ...scope, uploadId: upload.id };
      return inFlight.during((newStoredId) => sealArriving(actor, place, begun, nothing(), newStoredId));
    },

    async list(actor, projectId) {
      return uploads.list(await authorizeWriting(actor, projectId), MOST_UPLOADS);
    },

    async get(actor, projectId, uploadId) {
      const place = placeOfUpload(await authorizeWriting(actor, projectId), uploadId);
      const running = await uploads.find(place);
      if (running !== undefined) return shown(running);
      const asset = await store.find({ ...place, assetId: uploadId });
      if (asset?.type !== DATA_ASSET || asset.createdByUserId !== actor.userId || asset.sizeBytes === undefined) {
        throw notFound('upload', uploadId);
      }
      const { id, name, description, tags, mediaType, sizeBytes, createdAt } = asset;
      const sizes = { lengthBytes: sizeBytes, offsetBytes: sizeBytes };
      return { id, name, description, tags, mediaType, ...sizes, createdAt, expiresAt: newExpiry() };
    },

    async digestOfBlock(actor, projectId, uploadId, number) {
      const place = placeOfUpload(await authorizeWriting(actor, projectId), uploadId);
      const { header, offsetBytes } = await requireRunning(place);
      const block = { fromByte: number * BLOCK_BYTES, toByte: (number + 1) * BLOCK_BYTES - 1 };
      const range = rangeOf(block, offsetBytes);
      // Only these: a comparison asks for block after block, and with all segments each would cost more the longer the upload is.
      const segments = await uploads.segments(place, range);
      if (segments.length === 0) throw notFound('upload', uploadId);
      const hash = createHash('sha256');
      const opened = await storage.sealedBucket.getFromSegments(place, header, segments, range);
      for await (const piece of opened) hash.update(piece);
      return { sizeBytes: range.endExclusive - range.start, sha256: hash.digest() };
    },

    async append(actor, projectId, uploadId, { offsetBytes, content }) {
      const place = placeOfUpload(await authorizeWriting(actor, projectId), uploadId);
      const upload = await requireRunning(place);
      if (busy.has(uploadId)) throw isBusy();
      if (upload.offsetBytes !== offsetBytes) throw isElsewhere();
      busy.add(uploadId);
      try {
        const arriving = new ArrivingContent(content.reveal('seal'), upload.lengthBytes - offsetBytes);
        const now = await inFlight.during((newStoredId) =>
          sealArriving(actor, place, upload, arriving.pieces(), newStoredId),
        );
        if (arriving.failure !== undefined) throw stoppedComing(arriving.failure);
        return now;
      } finally {
        busy.delete(uploadId);
      }
    },

    async cancel(actor, projectId, uploadId) {
      const place = placeOfUpload(await authorizeWriting(actor, projectId), uploadId);
      const event = { action: 'upload.cancel', target: { type: 'upload', id: uploadId }, projectId } as const;
      const { result, receipt } = await audit.purge(actor, event, async () => {
        const segments = await uploads.delete(place);
        if (segments === undefined) throw notFound('upload', uploadId);
        return { result: segments, digests: sumDigests(digestsOfUpload(uploadId, segments)) };
      });
      await contents.delete(
        place,
        result.map(({ segmentId }) => segmentId),
      );
      return receipt;
    },
  };
}

/** Content of a part, which ends where its sender went away: what had come is worth keeping. */
class ArrivingContent {
  readonly #content: AsyncIterable<Uint8Array>;
  #roomBytes: number;
  /** Why it ended before its end. */
  failure: unknown;

  constructor(content: AsyncIterable<Uint8Array>, roomBytes: number) {
    this.#content = content;
    this.#roomBytes = roomBytes;
  }

  /** @throws AppError `invalid-argument` for more bytes than the upload has room for */
  async *pieces(): AsyncIterable<Uint8Array> {
    try {
      for await (const piece of this.#content) {
        this.#roomBytes -= piece.length;
        if (this.#roomBytes < 0) throw invalidField('body', 'has more bytes than are left of the upload');
        yield piece;
      }
    } catch (error) {
      if (isAppError(error)) throw error;
      this.failure = error;
    }
  }
}

/** How many segments an upload may have before only full ones and the last are kept: it can always be finished, and the number stays bounded. */
function mostSegments({ lengthBytes }: Upload): number {
  return 2 * Math.ceil(lengthBytes / SEGMENT_BYTES) + SPARE_SEGMENTS;
}

function isFull({ sizeBytes }: Segment): boolean {
  return sizeBytes === SEGMENT_BYTES;
}

function isLast({ offsetBytes, sizeBytes }: Segment, { lengthBytes }: Upload): boolean {
  return offsetBytes + sizeBytes === lengthBytes;
}

async function* nothing(): AsyncIterable<Uint8Array> {}

function placeOf({ accountId, projectId }: PersonScope) {
  return { accountId, projectId };
}

function placeOfUpload(scope: PersonScope, uploadId: string): UploadPlace {
  if (!isId(uploadId)) throw notFound('upload', uploadId);
  return { ...scope, uploadId };
}

/** Without what only this room needs. */
function shown(upload: Upload): Upload {
  const { id, name, description, tags, mediaType, lengthBytes, offsetBytes, createdAt, expiresAt } = upload;
  return { id, name, description, tags, mediaType, lengthBytes, offsetBytes, createdAt, expiresAt };
}

function isTooLarge(mostMegabytes: number): AppError {
  return new AppError('invalid-argument', `An upload may have ${mostMegabytes} MB at most. Split the file.`, {
    details: { reason: 'upload-too-large' },
  });
}

function tooManyUploads(): AppError {
  return new AppError(
    'resource-exhausted',
    `You have ${MOST_UPLOADS} unfinished uploads in this project. Finish or delete some of them first.`,
    { details: { reason: 'too-many-uploads' } },
  );
}

function partsTooSmall(): AppError {
  return new AppError(
    'invalid-argument',
    `The upload came in too many small parts. What had come before this one is kept: send the rest in parts of ${SEGMENT_BYTES} bytes or more.`,
    { details: { reason: 'upload-parts-too-small' } },
  );
}

function isBusy(): AppError {
  return new AppError(
    'failed-precondition',
    'Another request is adding to this upload. Wait until it has ended, then ask how far the upload is.',
    { details: { reason: 'upload-busy', retryAfterSeconds: 1 } },
  );
}

function isElsewhere(): AppError {
  return new AppError(
    'failed-precondition',
    'The upload is not where this part begins. Ask how far it is, and go on from there.',
    { details: { reason: 'upload-offset' } },
  );
}

function stoppedComing(cause: unknown): AppError {
  return new AppError(
    'cancelled',
    'The upload stopped coming. What had come is kept: ask how far it is, and go on from there.',
    { cause },
  );
}
