import { sumDigests } from '../audit/index.ts';
import { AppError } from '../core/index.ts';
import type { MemoryAssetRecords, ObjectRecord } from './memory-asset-records.ts';
import type { SealedDigestStore } from './sealed-digest-store.ts';

/** The digests in memory, for tests, over the rows that the other stores share. */
export function createMemorySealedDigestStore(records: MemoryAssetRecords): SealedDigestStore {
  return {
    async ofAsset(place) {
      if (records.findAsset(place) === undefined || !records.writesAssets(place)) return undefined;
      return sumDigests(
        records
          .objectsIn(place)
          .filter(({ assetId }) => assetId === place.assetId)
          .map(asDigest),
      );
    },
    async ofObject(scope, objectId) {
      const found = records.objectsIn(scope).find(({ id }) => id === objectId);
      return found === undefined || !records.writesObjects(scope) ? undefined : sumDigests([asDigest(found)]);
    },
    async ofProject(scope) {
      return sumDigests(records.isAdmin(scope) ? records.objectsIn(scope).map(asDigest) : []);
    },
    /** Of a project only: who administers an account is not known here. */
    async storedIds({ accountId, projectId, userId }) {
      if (projectId !== undefined && !records.isAdmin({ accountId, projectId, userId }))
        throw new AppError('permission-denied', 'Your role does not reach that far.');
      const projectIds = projectId === undefined ? records.projectIdsIn(accountId) : [projectId];
      const found = projectIds.map((id) => [id, records.storedIdsIn({ accountId, projectId: id })] as const);
      return new Map(found.filter(([, ids]) => ids.length > 0));
    },
  };
}

function asDigest({ id, sealed }: ObjectRecord) {
  const sha256 = Buffer.from(sealed.sealedSha256).toString('hex');
  return { objectId: id, sealedSizeBytes: sealed.sealedSizeBytes, sha256 };
}
