import { randomInt } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { asking } from './s3-client.ts';
import { asS3Error } from './s3-error.ts';
import type { Ask } from './s3-put.ts';

const MAX_RESUMES = 3;
const FIRST_PAUSE_MS = 100;

/** An object as its head tells it. */
export type ObjectHead = { readonly etag: string | undefined; readonly sizeBytes: number };

/**
 * The bytes of an object. The first request is made at the first read. A connection that is cut goes on where it ended, a few times
 * without a byte between.
 * @throws AppError from the iteration; then the bytes before were true ones
 */
export async function* piecesOf(
  place: { readonly Bucket: string; readonly Key: string },
  { etag, sizeBytes }: ObjectHead,
  ask: Ask,
): AsyncIterable<Uint8Array> {
  let offset = 0;
  for (let failures = 0; offset < sizeBytes; ) {
    const { Body } = await asking(() =>
      ask((s3) =>
        s3.getObject({
          ...place,
          ...(etag === undefined ? {} : { IfMatch: etag }),
          ...(offset === 0 ? {} : { Range: `bytes=${offset}-` }),
        }),
      ),
    );
    try {
      for await (const piece of (Body ?? []) as Readable) {
        offset += piece.length;
        failures = 0;
        yield piece;
      }
      if (offset < sizeBytes) throw new Error('the object ended early');
    } catch (error) {
      failures += 1;
      if (failures > MAX_RESUMES) throw asS3Error(error);
      await sleep(randomInt(FIRST_PAUSE_MS * 2 ** failures));
    }
  }
}
