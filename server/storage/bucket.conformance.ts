import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { Bucket, BucketScope, StoredObject } from './bucket.ts';

export type BucketHarness = { readonly bucket: Bucket; close(): Promise<void> };

/** What every bucket must do. @param open gives an empty one. */
export function bucketConformance(name: string, open: () => Promise<BucketHarness>): void {
  describe(`the ${name} bucket, as every one,`, () => {
    let harness: BucketHarness;
    let bucket: Bucket;

    beforeAll(async () => {
      harness = await open();
      bucket = harness.bucket;
    });
    afterAll(() => harness.close());

    const newScope = (): BucketScope => ({ accountId: newId(), projectId: newId() });

    async function* pieces(...parts: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
      for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
    }

    async function read(scope: BucketScope, objectId: string): Promise<Buffer> {
      const parts: Uint8Array[] = [];
      for await (const part of await bucket.get(scope, objectId)) parts.push(part);
      return Buffer.concat(parts);
    }

    async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
      const collected: T[] = [];
      for await (const item of items) collected.push(item);
      return collected;
    }

    async function ids(scope: BucketScope): Promise<string[]> {
      return (await collect<StoredObject>(bucket.list(scope))).map(({ objectId }) => objectId).sort();
    }

    it('gives back what it was given, from nothing to much', async () => {
      const scope = newScope();
      const much = randomBytes(3 * 1024 * 1024 + 17);
      const contents: Uint8Array[][] = [
        [],
        [Buffer.alloc(0)],
        [Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc')],
        [much],
      ];
      for (const parts of contents) {
        const objectId = newId();
        await bucket.put(scope, objectId, pieces(...parts));
        expect((await read(scope, objectId)).equals(Buffer.concat(parts))).toBe(true);
      }
    });

    it('makes a bucket as often as it is asked, and a put makes it too', async () => {
      const scope = newScope();
      await bucket.ensure(scope);
      await bucket.ensure(scope);
      expect(await ids(scope)).toEqual([]);
      const other = newScope();
      const objectId = newId();
      await bucket.put(other, objectId, pieces('x'));
      expect(await ids(other)).toEqual([objectId]);
    });

    it('lists whole objects with size and time, of one project only', async () => {
      const scope = newScope();
      const neighbour = { ...scope, projectId: newId() };
      const [one, two, three] = [newId(), newId(), newId()];
      await bucket.put(scope, one, pieces('1'));
      await bucket.put(scope, two, pieces('22'));
      await bucket.put(neighbour, three, pieces('333'));
      const listed = await collect<StoredObject>(bucket.list(scope));
      expect(listed.map(({ objectId, sizeBytes }) => [objectId, sizeBytes]).sort()).toEqual(
        [
          [one, 1],
          [two, 2],
        ].sort(),
      );
      for (const { writtenAt } of listed) expect(writtenAt).toBeInstanceOf(Date);
      expect(await ids(neighbour)).toEqual([three]);
      expect(await ids(newScope())).toEqual([]);
    });

    it('lists its buckets', async () => {
      const scope = newScope();
      await bucket.ensure(scope);
      expect(await collect(bucket.listBuckets())).toContainEqual(scope);
    });

    it('keeps the projects apart', async () => {
      const scope = newScope();
      const objectId = newId();
      await bucket.put(scope, objectId, pieces('x'));
      for (const other of [newScope(), { ...scope, projectId: newId() }, { ...scope, accountId: newId() }]) {
        await expect(read(other, objectId)).rejects.toMatchObject({ code: 'not-found' });
        await bucket.delete(other, objectId);
        await bucket.remove(other);
      }
      expect((await read(scope, objectId)).toString()).toBe('x');
    });

    it('replaces an object as a whole', async () => {
      const scope = newScope();
      const objectId = newId();
      await bucket.put(scope, objectId, pieces('a long first one'));
      await bucket.put(scope, objectId, pieces('short'));
      expect((await read(scope, objectId)).toString()).toBe('short');
    });

    it('shows an object only when it is whole', async () => {
      const scope = newScope();
      const objectId = newId();
      let seen: string[] = [];
      async function* slow(): AsyncIterable<Uint8Array> {
        yield Buffer.from('first');
        seen = await ids(scope);
        await expect(read(scope, objectId)).rejects.toMatchObject({ code: 'not-found' });
        yield Buffer.from('last');
      }
      await bucket.put(scope, objectId, slow());
      expect(seen).toEqual([]);
      expect((await read(scope, objectId)).toString()).toBe('firstlast');
    });

    it('keeps nothing of a put whose content failed, and the object that was there before', async () => {
      const scope = newScope();
      const [fresh, old] = [newId(), newId()];
      await bucket.put(scope, old, pieces('old'));
      const failure = new Error('the sender went away');
      async function* failing(): AsyncIterable<Uint8Array> {
        yield randomBytes(100_000);
        throw failure;
      }
      for (const objectId of [fresh, old]) {
        await expect(bucket.put(scope, objectId, failing())).rejects.toBe(failure);
      }
      expect(await ids(scope)).toEqual([old]);
      expect((await read(scope, old)).toString()).toBe('old');
    });

    it('deletes, also what is not there', async () => {
      const scope = newScope();
      const objectId = newId();
      await bucket.delete(scope, objectId);
      await bucket.put(scope, objectId, pieces('x'));
      await bucket.delete(scope, objectId);
      await bucket.delete(scope, objectId);
      expect(await ids(scope)).toEqual([]);
      await expect(read(scope, objectId)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('removes a bucket with all that is in it, also one that is not there', async () => {
      const scope = newScope();
      await bucket.remove(scope);
      await bucket.put(scope, newId(), pieces('x'));
      await bucket.remove(scope);
      expect(await ids(scope)).toEqual([]);
      expect(await collect(bucket.listBuckets())).not.toContainEqual(scope);
    });

    it('removes all buckets of an account and no other, also when there is none', async () => {
      const [one, neighbour] = [newScope(), newScope()];
      const two = { ...one, projectId: newId() };
      for (const scope of [one, two, neighbour]) await bucket.put(scope, newId(), pieces('x'));
      await bucket.removeAccount(one.accountId);
      await bucket.removeAccount(one.accountId);
      expect([...(await ids(one)), ...(await ids(two))]).toEqual([]);
      expect((await collect(bucket.listBuckets())).map(({ accountId }) => accountId)).not.toContain(one.accountId);
      expect(await ids(neighbour)).toHaveLength(1);
      await bucket.put(one, newId(), pieces('x'));
      expect(await ids(one)).toHaveLength(1);
    });

    it('takes nothing but ids as names', async () => {
      const scope = newScope();
      const id = newId();
      await bucket.put(scope, id, pieces('x'));
      const names = [
        '..',
        '.',
        '',
        `../${id}`,
        `${id}/../${id}`,
        `${id}\0`,
        `${id}.part`,
        '/etc/passwd',
        id.toUpperCase(),
      ];
      for (const bad of names) {
        const refused = { code: 'invalid-argument' };
        await expect(bucket.put(scope, bad, pieces('x'))).rejects.toMatchObject(refused);
        await expect(read(scope, bad)).rejects.toMatchObject(refused);
        await expect(bucket.delete(scope, bad)).rejects.toMatchObject(refused);
        await expect(bucket.removeAccount(bad)).rejects.toMatchObject(refused);
        for (const badScope of [
          { ...scope, accountId: bad },
          { ...scope, projectId: bad },
        ]) {
          await expect(bucket.ensure(badScope)).rejects.toMatchObject(refused);
          await expect(bucket.remove(badScope)).rejects.toMatchObject(refused);
          await expect(bucket.put(badScope, id, pieces('x'))).rejects.toMatchObject(refused);
          await expect(ids(badScope)).rejects.toMatchObject(refused);
        }
      }
      expect((await read(scope, id)).toString()).toBe('x');
    });

    it('serves many at once', async () => {
      const scope = newScope();
      const objects = Array.from({ length: 24 }, () => ({ objectId: newId(), bytes: randomBytes(70_000) }));
      await Promise.all(objects.map(({ objectId, bytes }) => bucket.put(scope, objectId, pieces(bytes))));
      const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
      const found = await Promise.all(objects.map(({ objectId }) => read(scope, objectId)));
      expect(found.map(digest)).toEqual(objects.map(({ bytes }) => digest(bytes)));
    });

    it('lets go of an object that is read in part only', async () => {
      const scope = newScope();
      const objectId = newId();
      await bucket.put(scope, objectId, pieces(randomBytes(1024 * 1024)));
      for await (const _ of await bucket.get(scope, objectId)) break;
      await bucket.delete(scope, objectId);
      expect(await ids(scope)).toEqual([]);
    });

    it('sweeps nothing that is whole or being written', async () => {
      const scope = newScope();
      const [whole, written] = [newId(), newId()];
      await bucket.put(scope, whole, pieces('x'));
      async function* sweeping(): AsyncIterable<Uint8Array> {
        yield Buffer.from('a');
        await bucket.sweep(new Date('2100-01-01'));
        yield Buffer.from('b');
      }
      await bucket.put(scope, written, sweeping());
      expect(await ids(scope)).toEqual([whole, written].sort());
      expect((await read(scope, written)).toString()).toBe('ab');
    });
  });
}
