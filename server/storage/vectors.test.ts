import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newId } from '../core/index.ts';
import { ObjectKey } from '../keys/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryBucket } from './memory-bucket.ts';
import { createSealedBucket } from './sealed-bucket.ts';
import { objectOfSegments, type SealedObject } from './sealed-object.ts';

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
});

function readVector(name: string) {
  const { messages, sizes, ...rest } = vector.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, 'vectors', name), 'utf8')),
  );
  const stored = messages.map((message) => ({ id: newId(), bytes: Buffer.from(message, 'base64') }));
  const header = { objectId: rest.objectId, purpose: rest.purpose, projectKeyId: newId(), wrappedKey: Buffer.alloc(0) };
  const bucket = createMemoryBucket();
  const keys = {
    ...createMemoryKeys().service,
    openObjectKey: async () => new ObjectKey(Buffer.from(rest.objectKey, 'base64')),
  };
  return { ...rest, stored, sizes, header, bucket, sealedBucket: createSealedBucket({ bucket, keys }) };
}

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

  it('opens as version 2: a message for each segment', async () => {
    const { stored, sizes, header, bucket, sealedBucket, text, accountId, projectId } = readVector('version-2.json');
    let offsetBytes = 0;
    const segments = stored.map(({ id, bytes }, number) => {
      bucket.overwrite({ accountId, projectId }, id, bytes);
      const sizeBytes = sizes[number] ?? 0;
      const sealed = { sealedSizeBytes: bytes.length, sealedSha256: digestOf(bytes) };
      const segment = { number, segmentId: id, offsetBytes, sizeBytes, ...sealed };
      offsetBytes += sizeBytes;
      return segment;
    });
    const object = objectOfSegments(header, segments);
    expect(await textOf(await sealedBucket.get({ accountId, projectId }, object))).toBe(text);
    const range = { start: 140, endExclusive: 160 };
    expect(await textOf(await sealedBucket.get({ accountId, projectId }, object, range))).toBe(text.slice(140, 160));
  });
});
