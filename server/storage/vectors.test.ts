import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newId } from '../core/index.ts';
import { ObjectKey } from '../keys/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryBucket } from './memory-bucket.ts';
import { type ByteRange, createSealedBucket } from './sealed-bucket.ts';
import { objectOfSegments, type SealedObject, type Segment } from './sealed-object.ts';

/** Messages that were sealed once, with their key: one of each version of the format. They are never made anew. */
const vector = z.strictObject({
  accountId: z.string(),
  projectId: z.string(),
  purpose: z.string(),
  objectId: z.string(),
  objectKey: z.string(),
  text: z.string(),
  messages: z.array(z.string()),
  /** Of each segment, before sealing. */
  sizes: z.array(z.number()).default([]),
  /** Their ids in the bucket, where the messages say them. */
  segmentIds: z.array(z.string()).default([]),
});

function readVector(name: string) {
  const { messages, sizes, segmentIds, ...rest } = vector.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, 'vectors', name), 'utf8')),
  );
  const stored = messages.map((message, number) => ({
    id: segmentIds[number] ?? newId(),
    bytes: Buffer.from(message, 'base64'),
  }));
  const header = { objectId: rest.objectId, purpose: rest.purpose, projectKeyId: newId(), wrappedKey: Buffer.alloc(0) };
  const bucket = createMemoryBucket();
  const keys = {
    ...createMemoryKeys().service,
    openObjectKey: async () => new ObjectKey(Buffer.from(rest.objectKey, 'base64')),
  };
  return { ...rest, stored, sizes, header, bucket, sealedBucket: createSealedBucket({ bucket, keys }) };
}

const NOT_READABLE = { details: { reason: 'sealed-data-not-readable' } };

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected).toString();
}

describe('what was sealed before', () => {
  it('opens as version 1: one message', async () => {
    const { stored, header, bucket, sealedBucket, text, accountId, projectId } = readVector('version-1.json');
    const [message] = stored;
    if (message === undefined) return expect.fail('there is no message');
    bucket.overwrite({ accountId, projectId }, header.objectId, message.bytes);
    const sealed = { sealedSizeBytes: message.bytes.length, sealedSha256: digestOf(message.bytes) };
    const object: SealedObject = { ...header, ...sealed, segments: [] };
    expect(await textOf(await sealedBucket.get({ accountId, projectId }, object))).toBe(text);
    const range = { start: 10, endExclusive: 30 };
    expect(await textOf(await sealedBucket.get({ accountId, projectId }, object, range))).toBe(text.slice(10, 30));
  });

  /** A vector of segments as a bucket and a database have it. */
  function stored(name: string) {
    const read = readVector(name);
    let offsetBytes = 0;
    const segments = read.stored.map(({ id, bytes }, number): Segment => {
      read.bucket.overwrite(read, id, bytes);
      const sizeBytes = read.sizes[number] ?? 0;
      const sealed = { sealedSizeBytes: bytes.length, sealedSha256: digestOf(bytes) };
      const segment = { number, segmentId: id, offsetBytes, sizeBytes, ...sealed };
      offsetBytes += sizeBytes;
      return segment;
    });
    const open = (rows: readonly Segment[], range?: ByteRange) =>
      read.sealedBucket.get(read, objectOfSegments(read.header, rows), range).then(textOf);
    return { ...read, segments, open };
  }

  it.each(['version-2.json', 'version-3.json'])('opens as %s: a message for each segment', async (name) => {
    const { segments, text, open } = stored(name);
    expect(segments.length).toBeGreaterThan(1);
    expect(await open(segments)).toBe(text);
    expect(await open(segments, { start: 140, endExclusive: 160 })).toBe(text.slice(140, 160));
  });

  it.each(['version-2.json', 'version-3.json'])('does not open as %s with a bit turned over anywhere', async (name) => {
    const { segments, stored: messages, bucket, open, ...scope } = stored(name);
    for (const [number, { id, bytes }] of messages.entries()) {
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
        bucket.overwrite(scope, id, changed);
        // The database was changed to fit.
        const rows = segments.map((row) => (row.number === number ? { ...row, sealedSha256: digestOf(changed) } : row));
        await expect(open(rows)).rejects.toMatchObject(NOT_READABLE);
      }
      bucket.overwrite(scope, id, bytes);
    }
    expect(await open(segments)).toBe(scope.text);
  });

  it('compares the digest of version 2, whose messages do not say their ids', async () => {
    const { segments, open } = stored('version-2.json');
    const rows = segments.map((row) => ({ ...row, sealedSha256: Buffer.alloc(32) }));
    await expect(open(rows)).rejects.toMatchObject(NOT_READABLE);
  });

  it('opens version 3 under its own ids only', async () => {
    const { segments, stored: messages, bucket, open, ...scope } = stored('version-3.json');
    const rows = segments.map((row) => ({ ...row, segmentId: newId() }));
    for (const [number, { segmentId }] of rows.entries()) {
      bucket.overwrite(scope, segmentId, messages[number]?.bytes ?? expect.fail('no message'));
    }
    await expect(open(rows)).rejects.toMatchObject(NOT_READABLE);
  });
});
