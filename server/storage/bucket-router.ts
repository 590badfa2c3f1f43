import type { Bucket, BucketScope } from './bucket.ts';
import { requireAccountId, requireIds } from './bucket-ids.ts';

/** Storage instances of accounts behind one bucket port: each account's buckets are in its own instance, or in the standard one. */
export function createBucketRouter(standard: Bucket, ofAccounts: ReadonlyMap<string, Bucket>): Bucket {
  const instances = [...new Set([standard, ...ofAccounts.values()])];
  const bucketOf = (accountId: string) => ofAccounts.get(accountId) ?? standard;

  return {
    name: standard.name,
    async ensure(scope: BucketScope) {
      requireIds(scope);
      await bucketOf(scope.accountId).ensure(scope);
    },
    async remove(scope: BucketScope) {
      requireIds(scope);
      await bucketOf(scope.accountId).remove(scope);
    },
    async removeAccount(accountId: string) {
      requireAccountId(accountId);
      await bucketOf(accountId).removeAccount(accountId);
    },
    async put(scope: BucketScope, objectId: string, content: AsyncIterable<Uint8Array>) {
      requireIds(scope, objectId);
      await bucketOf(scope.accountId).put(scope, objectId, content);
    },
    async get(scope: BucketScope, objectId: string) {
      requireIds(scope, objectId);
      return bucketOf(scope.accountId).get(scope, objectId);
    },
    async delete(scope: BucketScope, objectId: string) {
      requireIds(scope, objectId);
      await bucketOf(scope.accountId).delete(scope, objectId);
    },
    list(scope: BucketScope) {
      requireIds(scope);
      return bucketOf(scope.accountId).list(scope);
    },
    async *listBuckets() {
      const faults: unknown[] = [];
      for (const instance of instances) {
        try {
          for await (const scope of instance.listBuckets()) {
            // What an account has in an instance that is no longer its own is not told: nobody looks there for it either.
            if (bucketOf(scope.accountId) === instance) yield scope;
          }
        } catch (fault) {
          faults.push(fault);
        }
      }
      throwFirst(faults);
    },
    async sweep(olderThan: Date) {
      const faults: unknown[] = [];
      let removed = 0;
      for (const instance of instances) {
        try {
          removed += await instance.sweep(olderThan);
        } catch (fault) {
          faults.push(fault);
        }
      }
      throwFirst(faults);
      return removed;
    },
  };
}

/** After the others had their turn: one account's storage that is away must not keep the rest from being looked after. */
function throwFirst(faults: readonly unknown[]): void {
  if (faults.length > 0) throw faults[0];
}
