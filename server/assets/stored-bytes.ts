import type { Bucket } from '../storage/index.ts';
import type { KeyPlace, SealedDigestStore } from './sealed-digest-store.ts';

/** Requests to the storage at a time. */
const AT_ONCE = 16;

/**
 * Notes which bytes belong to what a key has sealed. Part of the transaction that destroys the key, before its rows go.
 *
 * Nothing else is ever removed, though everything in the bucket seems to be of no use: once the transaction is over somebody may enable the
 * key, and another server may save under the new one before its row tells of the bytes.
 * @returns removes those bytes, for after the transaction. What fails is left to the sweep, and the first failure comes out at the end.
 */
export async function noteStoredBytes(
  {
    digests,
    bucket,
  }: { readonly digests: Pick<SealedDigestStore, 'storedIds'>; readonly bucket: Pick<Bucket, 'delete'> },
  scope: KeyPlace,
): Promise<() => Promise<void>> {
  const storedIds = await digests.storedIds(scope);
  return async () => {
    const failures: unknown[] = [];
    for (const [projectId, ids] of storedIds) {
      const left = ids.values();
      const worker = async () => {
        for (const id of left) await bucket.delete({ accountId: scope.accountId, projectId }, id);
      };
      const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
      failures.push(...ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])));
    }
    if (failures.length > 0) throw failures[0];
  };
}
