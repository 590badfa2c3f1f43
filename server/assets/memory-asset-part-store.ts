import { AppError } from '../core/index.ts';
import { type AssetPart, type AssetPartStore, NO_PARTS } from './asset-part-store.ts';
import type { AssetOfProject, AssetPlace } from './asset-store.ts';
import { type MemoryAssetRecords, withSizesOf } from './memory-asset-records.ts';

/** A store of parts in memory, for tests, over the rows that the other stores share. */
export function createMemoryAssetPartStore(
  records: MemoryAssetRecords,
  nameOfUser: (userId: string) => string = () => '',
): AssetPartStore {
  const shown = (part: AssetPart): AssetPart => ({ ...part, createdBy: nameOfUser(part.createdByUserId) });

  function partsOf(place: AssetPlace): readonly AssetPart[] {
    return records.findAsset(place) === undefined
      ? []
      : records.partsIn(place).filter(({ assetId }) => assetId === place.assetId);
  }

  function expiredOf(
    { accountId }: { readonly accountId: string },
    now: Date,
  ): readonly (AssetOfProject & { part: AssetPart })[] {
    return [...records.parts.values()]
      .filter((record) => record.accountId === accountId)
      .filter(({ part }) => part.expiresAt !== undefined && part.expiresAt <= now)
      .map(({ projectId, part }) => ({ accountId, projectId, assetId: part.assetId, part }));
  }

  return {
    async add(place, { object, name = '', description = '', ...given }, { mostKept, now }) {
      const asset = records.findAsset(place);
      if (asset === undefined || !records.writesAssets(place)) return undefined;
      const known = records.parts.get(given.id)?.part;
      if (known !== undefined) {
        if (known.assetId === place.assetId && known.kind === given.kind)
          return { part: shown(known), isNew: false, destroyed: NO_PARTS };
        throw new AppError('already-exists', 'This id is taken by something else. Choose a new one.');
      }
      asset.lastPartNumber += 1;
      if (asset.asset.updatedAt < now) asset.asset = { ...asset.asset, updatedAt: now };
      const { expiresAt: _, ...rest } = given;
      const expiry = earliest([given.expiresAt, asset.asset.expiresAt]);
      const bare = { ...rest, ...expiry, name, description, assetId: place.assetId, number: asset.lastPartNumber };
      const part = withSizesOf<AssetPart>({ ...bare, createdBy: '', sealedSizeBytes: 0 }, object);
      const { accountId, projectId, assetId, userId: savedBy } = place;
      records.parts.set(part.id, { accountId, projectId, part });
      records.objects.add({
        ...{ accountId, projectId, assetId, savedBy, createdAt: now },
        ...expiry,
        id: object.objectId,
        partId: part.id,
        sealed: object,
      });
      return { part: shown(part), isNew: true, destroyed: records.removeOldestParts(place, given.kind, mostKept) };
    },
    async list(place, { kind, limit, before }) {
      return partsOf(place)
        .filter((part) => part.kind === kind && (before === undefined || part.number < before))
        .toReversed()
        .slice(0, limit)
        .map(shown);
    },
    async count(scope, assetIds, kind) {
      const counts = new Map<string, number>();
      for (const part of records.partsIn(scope))
        if (part.kind === kind && assetIds.includes(part.assetId))
          counts.set(part.assetId, (counts.get(part.assetId) ?? 0) + 1);
      return counts;
    },
    async findWithObjects(place, kind, numbers) {
      const objects = records.opensObjects(place) ? records.objectsIn(place) : [];
      return partsOf(place)
        .filter((part) => part.kind === kind && numbers.includes(part.number))
        .toReversed()
        .map((part) => ({ part: shown(part), object: objects.find(({ partId }) => partId === part.id)?.sealed }));
    },
    async delete(place, kind, number) {
      if (!records.writesAssets(place)) return undefined;
      const found = partsOf(place).filter((part) => part.kind === kind && part.number === number);
      return found.length === 0 ? undefined : records.removeParts(place, found);
    },
    async listInProject(scope, { limit, after }) {
      return records
        .partsIn(scope)
        .filter(
          ({ assetId, number }) =>
            after === undefined || assetId > after.assetId || (assetId === after.assetId && number > after.number),
        )
        .slice(0, limit)
        .map(shown);
    },
    async listExpired(accountId, now, limit) {
      const assets = new Map(expiredOf({ accountId }, now).map(({ part: _, ...place }) => [place.assetId, place]));
      return [...assets.values()].slice(0, limit);
    },
    async deleteExpired(place, now, limit) {
      const expired = expiredOf(place, now)
        .filter(({ assetId }) => assetId === place.assetId)
        .map(({ part }) => part)
        .sort((one, other) => one.number - other.number);
      return records.removeParts(place, expired.slice(0, limit));
    },
  };
}

/** A part is gone with its asset. */
function earliest(times: readonly (Date | undefined)[]): { readonly expiresAt?: Date } {
  const [expiresAt] = times.filter((time) => time !== undefined).sort((one, other) => Number(one) - Number(other));
  return expiresAt === undefined ? {} : { expiresAt };
}
