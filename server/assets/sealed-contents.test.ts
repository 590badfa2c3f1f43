import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newId, silentLogger } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryBucket, createStorageOver } from '../storage/testing.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';
import { ObjectsInFlight } from './objects-in-flight.ts';
import { continued, SealedContents } from './sealed-contents.ts';

const scope = { accountId: newId(), projectId: newId() };
const bytes = randomBytes(4_000_000);

async function* asStream(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

describe('opened content', () => {
  /** How many objects of the bucket are being read, each an open file where the bucket is a folder. */
  let openFiles: number;
  let openIt: () => ReturnType<SealedContents['openStream']>;

  beforeEach(async () => {
    openFiles = 0;
    const bucket = createMemoryBucket();
    async function* counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      openFiles += 1;
      try {
        yield* content;
      } finally {
        openFiles -= 1;
      }
    }
    const storage = createStorageOver(
      { ...bucket, get: async (place, objectId) => counted(await bucket.get(place, objectId)) },
      createMemoryKeys().service,
    );
    const contents = new SealedContents({
      store: createMemoryAssetStore(),
      storage,
      inFlight: new ObjectsInFlight(),
      clock: manualClock(),
      logger: silentLogger,
    });
    const sealed = await storage.sealedBucket.put({ ...scope, purpose: 'test' }, asStream(bytes));
    openIt = () => contents.openStream(scope, sealed);
  });

  const allAreClosed = () => vi.waitFor(() => expect(openFiles).toBe(0));

  it('comes whole after its first piece', async () => {
    const { content } = await openIt();
    const pieces: Uint8Array[] = [];
    for await (const piece of content.reveal('write-response')) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    await allAreClosed();
  });

  it('leaves no file open when its reader goes away, before the first piece or later, with an error or without', async () => {
    for (const piecesRead of [0, 1, 2])
      for (const error of [undefined, new Error('gone')]) {
        const { content } = await openIt();
        expect(openFiles).toBe(1);
        const stream = Readable.from(content.reveal('write-response'), { objectMode: false });
        stream.on('error', () => {});
        const pieces = stream[Symbol.asyncIterator]();
        for (let read = 0; read < piecesRead; read += 1) await pieces.next();
        stream.destroy(error);
        await allAreClosed();
      }
  });

  it('leaves no file open when it is left', async () => {
    const { leave } = await openIt();
    await leave();
    await allAreClosed();
  });

  it('has nothing more when its reading was ended', async () => {
    const [first, second] = [new Uint8Array([1]), new Uint8Array([2])];
    const failure = new Error('enough');
    for (const end of ['return', 'throw'] as const) {
      const rest = asStream(second);
      await rest.next();
      const pieces = continued({ done: false, value: first }, rest);
      if (end === 'return') expect(await pieces.return?.()).toEqual({ done: true, value: undefined });
      else await expect(pieces.throw?.(failure)).rejects.toBe(failure);
      expect(await pieces.next()).toEqual({ done: true, value: undefined });
    }
  });
});
