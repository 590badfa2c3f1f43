import { type Clock, notFound, systemClock } from '../core/index.ts';
import type { Bucket, BucketScope } from './bucket.ts';
import { requireAccountId, requireIds } from './bucket-ids.ts';

type Kept = { readonly bytes: Buffer; readonly writtenAt: Date };

/** A bucket in memory, for tests. Content and times can be reached to damage and age them. */
export type MemoryBucket = Bucket & {
  /** Puts `bytes` in place of what is stored, as a damaged disk or a thief would. */
  overwrite(scope: BucketScope, objectId: string, bytes: Uint8Array): void;
  /** Whole bytes of an object. */
  bytesOf(scope: BucketScope, objectId: string): Uint8Array;
  /** Every object id of every bucket. */
  objectIds(): readonly string[];
};

export function createMemoryBucket(options: { readonly clock?: Clock } = {}): MemoryBucket {
  const clock = options.clock ?? systemClock;
  const buckets = new Map<string, { readonly scope: BucketScope; readonly objects: Map<string, Kept> }>();

  function bucketOf(scope: BucketScope) {
    return buckets.get(`${scope.accountId}/${scope.projectId}`);
  }

  function make(scope: BucketScope) {
    const found = bucketOf(scope);
    if (found !== undefined) return found;
    const { accountId, projectId } = scope;
    const made = { scope: { accountId, projectId }, objects: new Map<string, Kept>() };
    buckets.set(`${accountId}/${projectId}`, made);
    return made;
  }

  function find(scope: BucketScope, objectId: string): Kept {
    const kept = bucketOf(scope)?.objects.get(objectId);
    if (kept === undefined) throw notFound('object', objectId);
    return kept;
  }

  return {
    name: 'memory',
    async ensure(scope: BucketScope) {
      requireIds(scope);
      make(scope);
    },
    async remove(scope: BucketScope) {
      requireIds(scope);
      buckets.delete(`${scope.accountId}/${scope.projectId}`);
    },
    async removeAccount(accountId: string) {
      requireAccountId(accountId);
      for (const [name, { scope }] of buckets) if (scope.accountId === accountId) buckets.delete(name);
    },
    async put(scope: BucketScope, objectId: string, content: AsyncIterable<Uint8Array>) {
      requireIds(scope, objectId);
      const pieces: Uint8Array[] = [];
      for await (const piece of content) pieces.push(Uint8Array.from(piece));
      make(scope).objects.set(objectId, { bytes: Buffer.concat(pieces), writtenAt: clock.now() });
    },
    async get(scope: BucketScope, objectId: string) {
      requireIds(scope, objectId);
      return inPieces(find(scope, objectId).bytes);
    },
    async delete(scope: BucketScope, objectId: string) {
      requireIds(scope, objectId);
      bucketOf(scope)?.objects.delete(objectId);
    },
    async *list(scope: BucketScope) {
      requireIds(scope);
      for (const [objectId, { bytes, writtenAt }] of [...(bucketOf(scope)?.objects ?? [])]) {
        yield { objectId, sizeBytes: bytes.length, writtenAt };
      }
    },
    async *listBuckets() {
      for (const { scope } of [...buckets.values()]) yield scope;
    },
    async sweep() {
      return 0;
    },
    overwrite(scope: BucketScope, objectId: string, bytes: Uint8Array) {
      make(scope).objects.set(objectId, { bytes: Buffer.from(bytes), writtenAt: clock.now() });
    },
    bytesOf(scope: BucketScope, objectId: string) {
      return find(scope, objectId).bytes;
    },
    objectIds() {
      return [...buckets.values()].flatMap(({ objects }) => [...objects.keys()]);
    },
  };
}

/** Pieces of an awkward size, so that nothing comes to rely on whole ones. */
async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  const pieceBytes = 50_021;
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
