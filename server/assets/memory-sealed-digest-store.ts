import { sumDigests } from '../audit/index.ts';
import { AppError, notFound } from '../core/index.ts';
import { digestOf, type MemoryAssetRecords } from './memory-asset-records.ts';
import { digestsOfUpload, type KeyPlace, type SealedDigestStore } from './sealed-digest-store.ts';

/** The digests in memory, for tests, over the rows that the other stores share. */
export function createMemorySealedDigestStore(records: MemoryAssetRecords): SealedDigestStore {
  /** Who administers an account is not known here. */
  function projectsOf({ accountId, projectId, userId }: KeyPlace): readonly string[] {
    if (projectId === undefined) return records.projectIdsIn(accountId);
    if (!records.isAdmin({ accountId, projectId, userId }))
      throw new AppError('permission-denied', 'Your role does not reach that far.');
    return [projectId];
  }

  return {
    async ofAsset(place) {
      if (records.findAsset(place) === undefined || !records.writesAssets(place)) return undefined;
      return sumDigests(
        records
          .objectsIn(place)
          .filter(({ assetId }) => assetId === place.assetId)
          .map(digestOf),
      );
    },
    async ofObject(scope, objectId) {
      const found = records.objectsIn(scope).find(({ id }) => id === objectId);
      return found === undefined || !records.writesObjects(scope) ? undefined : sumDigests([digestOf(found)]);
    },
    async ofKey(scope) {
      const { accountId, projectId, userId } = scope;
      if (projectId !== undefined && !records.isAdmin({ accountId, projectId, userId }))
        throw notFound('project', projectId);
      const projects = projectsOf(scope).map((projectId) => ({ accountId: scope.accountId, projectId }));
      const objects = projects.flatMap((project) => records.objectsIn(project).map(digestOf));
      const uploads = projects.flatMap((project) =>
        records.uploadsIn(project).flatMap(({ upload, segments }) => digestsOfUpload(upload.id, segments)),
      );
      const { sealed, ...sums } = sumDigests([...objects, ...uploads]);
      return scope.projectId === undefined || sealed === undefined ? sums : { ...sums, sealed };
    },
    async storedIds(scope) {
      const { accountId } = scope;
      const found = projectsOf(scope).map((id) => [id, records.storedIdsIn({ accountId, projectId: id })] as const);
      return new Map(found.filter(([, ids]) => ids.length > 0));
    },
  };
}
