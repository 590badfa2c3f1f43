import type { SealedBucket } from '../storage/index.ts';
import type { KeyPlace, SealedDigestStore } from './sealed-digest-store.ts';

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
    sealedBucket,
  }: { readonly digests: Pick<SealedDigestStore, 'storedIds'>; readonly sealedBucket: Pick<SealedBucket, 'delete'> },
  scope: KeyPlace,
): Promise<() => Promise<void>> {
  const storedIds = await digests.storedIds(scope);
  return async () => {
    const failures: unknown[] = [];
    for (const [projectId, ids] of storedIds) {
      const place = { accountId: scope.accountId, projectId };
      await sealedBucket.delete(place, ids).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
}
