import type { S3 } from '@aws-sdk/client-s3';
import { AppError, newId } from '../core/index.ts';

/** What is held in memory of an object on its way; larger objects go in parts of this size. */
export const PART_BYTES = 8 * 1024 * 1024;

/** S3's limit; 78 GiB in all. */
const MAX_PARTS = 10_000;

/** Marks an object with the put that wrote it, so that one whose last answer was lost can be told from an older object. */
const PUT_ID = 'cloister-put';

type Place = { readonly Bucket: string; readonly Key: string };

/** Asks the storage, with the client and the errors of the bucket. */
export type Ask = <T>(work: (s3: S3) => Promise<T>) => Promise<T>;

/**
 * Stores an object from a stream: in one request, or in parts that become an object when the last one is there. Errors of `content` come out
 * as they are; then nothing stays.
 * @param ask asks for the first bytes, and makes the bucket if there is none
 * @param running unfinished uploads of this process are in it while they run
 */
export async function putStream(
  place: Place,
  content: AsyncIterable<Uint8Array>,
  { ask, running }: { readonly ask: Ask; readonly running: Set<string> },
): Promise<void> {
  const parts = inParts(content);
  try {
    const { value: first = Buffer.alloc(0) } = await parts.next();
    if (first.length < PART_BYTES) {
      await ask((s3) => s3.putObject({ ...place, Body: first, Metadata: { [PUT_ID]: newId() } }));
    } else {
      await putInParts(place, first, parts, ask, running);
    }
  } finally {
    await parts.return(undefined);
  }
}

async function putInParts(
  place: Place,
  first: Buffer,
  others: AsyncIterable<Buffer>,
  ask: Ask,
  running: Set<string>,
): Promise<void> {
  const putId = newId();
  const { UploadId } = await ask((s3) =>
    s3.createMultipartUpload({ ...place, ChecksumAlgorithm: 'CRC32', Metadata: { [PUT_ID]: putId } }),
  );
  if (UploadId === undefined) throw new AppError('unavailable', 'The storage began an upload without an id.');
  running.add(UploadId);
  const sent: { PartNumber: number; ETag?: string; ChecksumCRC32?: string }[] = [];

  async function send(part: Buffer): Promise<void> {
    const PartNumber = sent.length + 1;
    if (PartNumber > MAX_PARTS) {
      throw new AppError(
        'invalid-argument',
        `The object is larger than the ${MAX_PARTS} parts that the storage takes.`,
      );
    }
    const { ETag, ChecksumCRC32 } = await ask((s3) => s3.uploadPart({ ...place, UploadId, PartNumber, Body: part }));
    sent.push({
      PartNumber,
      ...(ETag === undefined ? {} : { ETag }),
      ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }),
    });
  }

  try {
    await send(first);
    for await (const part of others) await send(part);
    await ask((s3) => s3.completeMultipartUpload({ ...place, UploadId, MultipartUpload: { Parts: sent } })).catch(
      async (error: unknown) => {
        // Its answer may be what was lost.
        if (!(await wasStored(place, putId, ask))) throw error;
      },
    );
  } catch (error) {
    await ask((s3) => s3.abortMultipartUpload({ ...place, UploadId })).catch(() => {});
    throw error;
  } finally {
    running.delete(UploadId);
  }
}

async function wasStored(place: Place, putId: string, ask: Ask): Promise<boolean> {
  const found = await ask((s3) => s3.headObject(place)).catch(() => undefined);
  return found?.Metadata?.[PUT_ID] === putId;
}

/** In parts of {@link PART_BYTES}, the last one smaller; nothing at all for no bytes. */
async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  for await (const piece of content) {
    waiting.push(piece);
    waitingBytes += piece.length;
    while (waitingBytes >= PART_BYTES) {
      const joined = Buffer.concat(waiting);
      yield joined.subarray(0, PART_BYTES);
      waiting = [joined.subarray(PART_BYTES)];
      waitingBytes = joined.length - PART_BYTES;
    }
  }
  if (waitingBytes > 0) yield Buffer.concat(waiting);
  return undefined;
}
