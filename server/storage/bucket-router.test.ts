import { describe, expect, it } from 'vitest';
import { AppError, newId } from '../core/index.ts';
import { bucketConformance } from './bucket.conformance.ts';
import { createBucketRouter } from './bucket-router.ts';
import { createMemoryBucket } from './memory-bucket.ts';

bucketConformance('routed', async () => ({
  bucket: createBucketRouter(createMemoryBucket(), new Map([[newId(), createMemoryBucket()]])),
  close: async () => {},
}));

async function* bytes(): AsyncIterable<Uint8Array> {
  yield Buffer.from('x');
}

describe('buckets in instances of accounts', () => {
  it('are in the account’s own instance and in no other', async () => {
    const [standard, own] = [createMemoryBucket(), createMemoryBucket()];
    const [accountId, otherAccountId, objectId] = [newId(), newId(), newId()];
    const bucket = createBucketRouter(standard, new Map([[accountId, own]]));
    const scope = { accountId, projectId: newId() };
    const other = { accountId: otherAccountId, projectId: newId() };
    await bucket.put(scope, objectId, bytes());
    await bucket.put(other, newId(), bytes());
    expect(own.objectIds()).toEqual([objectId]);
    expect(standard.objectIds()).toHaveLength(1);
    expect(standard.objectIds()).not.toContain(objectId);
    const scopes = [];
    for await (const found of bucket.listBuckets()) scopes.push(found);
    expect(scopes).toEqual([other, scope]);
  });

  it('does not take what an account has elsewhere for its own', async () => {
    const [standard, own] = [createMemoryBucket(), createMemoryBucket()];
    const scope = { accountId: newId(), projectId: newId() };
    await standard.put(scope, newId(), bytes());
    const bucket = createBucketRouter(standard, new Map([[scope.accountId, own]]));
    for await (const _ of bucket.listBuckets()) expect.fail('it was listed');
    await bucket.removeAccount(scope.accountId);
    expect(standard.objectIds()).toHaveLength(1);
  });

  it('are all looked after while one instance is away, which is told at the end', async () => {
    const away = new AppError('unavailable', 'The storage cannot be reached.');
    const [standard, own] = [createMemoryBucket(), createMemoryBucket()];
    const scopes = [newId(), newId()].map((accountId) => ({ accountId, projectId: newId() }));
    for (const scope of scopes) await own.put(scope, newId(), bytes());
    Object.assign(standard, {
      // biome-ignore lint/correctness/useYield: it fails before its first bucket
      async *listBuckets() {
        throw away;
      },
      sweep: () => Promise.reject(away),
    });
    const swept: Date[] = [];
    Object.assign(own, {
      sweep: async (olderThan: Date) => {
        swept.push(olderThan);
        return 0;
      },
    });
    const bucket = createBucketRouter(standard, new Map(scopes.map(({ accountId }) => [accountId, own])));
    const found: unknown[] = [];
    const list = async () => {
      for await (const scope of bucket.listBuckets()) found.push(scope);
    };
    await expect(list()).rejects.toBe(away);
    expect(found).toEqual(expect.arrayContaining(scopes));
    await expect(bucket.sweep(new Date(0))).rejects.toBe(away);
    expect(swept).toHaveLength(1);
  });
});
