import type { SealedObject } from '../storage/index.ts';
import type { Asset, AssetChange, AssetPlace, AssetQuery, AssetStore, NewAsset } from './asset-store.ts';

type ProjectScope = { readonly accountId: string; readonly projectId: string };
type Kept = { readonly accountId: string; readonly createdByUserId: string; asset: Asset; object: SealedObject };

/** An asset store in memory, for tests. It knows no projects, so it refuses none. */
export function createMemoryAssetStore(options: { readonly nameOfUser?: (userId: string) => string } = {}): AssetStore {
  const kept = new Map<string, Kept>();
  const nameOfUser = options.nameOfUser ?? (() => '');

  function find(place: AssetPlace): Kept | undefined {
    const found = kept.get(place.assetId);
    return found?.accountId === place.accountId && found.asset.projectId === place.projectId ? found : undefined;
  }

  function shown({ asset, createdByUserId, object }: Kept): Asset {
    return { ...asset, createdBy: nameOfUser(createdByUserId), sizeBytes: object.sealedSizeBytes };
  }

  return {
    async insert(scope: ProjectScope, { object, createdByUserId, ...metadata }: NewAsset, now: Date) {
      const times = { createdAt: now, updatedAt: now };
      const asset = { ...metadata, ...times, projectId: scope.projectId, createdBy: '', sizeBytes: 0 };
      const added = { accountId: scope.accountId, createdByUserId, asset, object };
      kept.set(asset.id, added);
      return shown(added);
    },
    async find(place: AssetPlace) {
      const found = find(place);
      return found === undefined ? undefined : shown(found);
    },
    async findWithObject(place: AssetPlace) {
      const found = find(place);
      return found === undefined ? undefined : { asset: shown(found), object: found.object };
    },
    async list(scope: ProjectScope, { type, nameContains = '', limit, after }: AssetQuery) {
      return [...kept.values()]
        .filter(({ accountId, asset }) => accountId === scope.accountId && asset.projectId === scope.projectId)
        .map(shown)
        .filter((asset) => asset.type === type && asset.name.toLowerCase().includes(nameContains.toLowerCase()))
        .filter((asset) => after === undefined || inOrder(after, asset) < 0)
        .sort(inOrder)
        .slice(0, limit);
    },
    async update(place: AssetPlace, { object, ...names }: AssetChange, now: Date) {
      const found = find(place);
      if (found === undefined) return undefined;
      const updatedAt = found.asset.updatedAt > now ? found.asset.updatedAt : now;
      found.asset = { ...found.asset, ...names, updatedAt };
      if (object === undefined) return { asset: shown(found), replacedObjectIds: [] };
      const replacedObjectIds = [found.object.objectId];
      found.object = object;
      return { asset: shown(found), replacedObjectIds };
    },
    async delete(place: AssetPlace) {
      const found = find(place);
      if (found === undefined) return undefined;
      kept.delete(place.assetId);
      return [found.object.objectId];
    },
    async referenced(scope: ProjectScope, objectIds: readonly string[]) {
      const ids = [...kept.values()]
        .filter(({ accountId, asset }) => accountId === scope.accountId && asset.projectId === scope.projectId)
        .map(({ object }) => object.objectId);
      return new Set(ids.filter((id) => objectIds.includes(id)));
    },
    async hasProject() {
      return true;
    },
  };
}

type Position = { readonly updatedAt: Date; readonly id: string };

/** Newest change first, then by id. */
function inOrder(left: Position, right: Position): number {
  return right.updatedAt.getTime() - left.updatedAt.getTime() || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
