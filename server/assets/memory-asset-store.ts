import { notFound } from '../core/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { Asset, AssetChange, AssetPlace, AssetStore, NewAsset, PersonScope, ProjectScope } from './asset-store.ts';
import { type AccessOf, type AssetRecord, MemoryAssetRecords, withSizesOf } from './memory-asset-records.ts';

/** An asset store in memory, for tests. */
export function createMemoryAssetStore(
  options: {
    readonly nameOfUser?: (userId: string) => string;
    readonly accessOf?: AccessOf;
    readonly records?: MemoryAssetRecords;
  } = {},
): AssetStore {
  const records = options.records ?? new MemoryAssetRecords(options.accessOf);
  const nameOfUser = options.nameOfUser ?? (() => '');

  function shown({ asset }: AssetRecord): Asset {
    return { ...asset, createdBy: nameOfUser(asset.createdByUserId) };
  }

  function addObject(place: AssetPlace, sealed: SealedObject, createdAt: Date): void {
    const { accountId, projectId, assetId } = place;
    records.objects.add({ accountId, projectId, id: sealed.objectId, assetId, sealed, createdAt });
  }

  return {
    async insert(scope: PersonScope, { object, ...metadata }: NewAsset, now: Date) {
      if (!records.writesAssets(scope)) throw notFound('project', scope.projectId);
      const asset = {
        tags: [],
        mediaType: '',
        ...metadata,
        createdAt: now,
        updatedAt: now,
        projectId: scope.projectId,
        createdBy: '',
        sealedSizeBytes: 0,
      };
      const added = { accountId: scope.accountId, asset: withSizesOf(asset, object) };
      records.assets.set(asset.id, added);
      addObject({ ...scope, assetId: asset.id }, object, now);
      return shown(added);
    },
    async find(place: AssetPlace) {
      const found = records.findAsset(place);
      return found === undefined ? undefined : shown(found);
    },
    async findWithObject(place: AssetPlace) {
      const found = records.findAsset(place);
      if (found === undefined) return undefined;
      const object = records.objectsIn(place).find(({ assetId }) => assetId === place.assetId);
      return { asset: shown(found), object: records.opensObjects(place) ? object?.sealed : undefined };
    },
    async update(place: AssetPlace, { object, ...names }: AssetChange, now: Date) {
      const found = records.findAsset(place);
      if (found === undefined || !records.writesAssets(place)) return undefined;
      const updatedAt = found.asset.updatedAt > now ? found.asset.updatedAt : now;
      found.asset = { ...found.asset, ...names, updatedAt };
      if (object === undefined) return { asset: shown(found), replacedObjectIds: [] };
      found.asset = withSizesOf(found.asset, object);
      const replacedObjectIds = records.removeObjectsOf(place);
      addObject(place, object, now);
      return { asset: shown(found), replacedObjectIds };
    },
    async delete(place: AssetPlace) {
      const found = records.findAsset(place);
      if (found === undefined || !records.writesAssets(place)) return undefined;
      records.assets.delete(place.assetId);
      return records.removeObjectsOf(place);
    },
    async referenced(scope: ProjectScope, objectIds: readonly string[]) {
      const ids = records.storedIdsIn(scope);
      return new Set(ids.filter((id) => objectIds.includes(id)));
    },
    async hasProject() {
      return true;
    },
  };
}
