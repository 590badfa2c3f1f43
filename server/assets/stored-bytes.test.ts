import { expect, it } from 'vitest';
import { AppError, newId } from '../core/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import type { Bucket } from '../storage/index.ts';
import { createMemoryBucket, createStorageOver } from '../storage/testing.ts';
import { noteStoredBytes } from './stored-bytes.ts';

const bytes = async function* () {
  yield Buffer.from('sealed');
};

const sealedOver = (bucket: Bucket) => createStorageOver(bucket, createMemoryKeys().service).sealedBucket;

async function setUp(projects = 2, objects = 40) {
  const bucket = createMemoryBucket();
  const accountId = newId();
  const storedIds = new Map<string, string[]>();
  for (let project = 0; project < projects; project += 1) {
    const projectId = newId();
    const ids = Array.from({ length: objects }, newId);
    for (const id of ids) await bucket.put({ accountId, projectId }, id, bytes());
    storedIds.set(projectId, ids);
  }
  const scope = { accountId, userId: newId() };
  return { bucket, storedIds, scope, digests: { storedIds: async () => storedIds } };
}

it('removes what was noted, of every project, and nothing that was saved since', async () => {
  const { bucket, storedIds, scope, digests } = await setUp();
  const remove = await noteStoredBytes({ digests, sealedBucket: sealedOver(bucket) }, scope);
  const [projectId = ''] = storedIds.keys();
  const saved = newId();
  await bucket.put({ ...scope, projectId }, saved, bytes());
  await remove();
  expect(bucket.objectIds()).toEqual([saved]);
});

it('tells of a failure, after what could be removed', async () => {
  const { bucket, storedIds, scope, digests } = await setUp(2, 3);
  const stuck = [...storedIds.values()][0]?.[1];
  const failing: Bucket = {
    ...bucket,
    async delete(place, id) {
      if (id === stuck) throw new AppError('failed-precondition', 'A lock holds it.');
      await bucket.delete(place, id);
    },
  };
  const remove = await noteStoredBytes({ digests, sealedBucket: sealedOver(failing) }, scope);
  await expect(remove()).rejects.toThrow('A lock holds it.');
  expect(bucket.objectIds()).toEqual([stuck]);
});
