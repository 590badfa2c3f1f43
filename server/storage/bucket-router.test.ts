import { describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
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
});
