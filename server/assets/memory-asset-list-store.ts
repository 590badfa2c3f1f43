import type {
  AssetFilter,
  AssetListQuery,
  AssetListStore,
  AssetPosition,
  AssetSort,
  ListedAsset,
} from './asset-list-store.ts';
import type { Asset, PersonScope } from './asset-store.ts';
import type { MemoryAssetRecords } from './memory-asset-records.ts';

/** Lists in memory, for tests, over the rows that it shares with the asset store. */
export function createMemoryAssetListStore(
  records: MemoryAssetRecords,
  nameOfUser: (userId: string) => string = () => '',
): AssetListStore {
  function matching(scope: PersonScope, filter: AssetFilter): readonly Asset[] {
    return records
      .assetsIn(scope)
      .map((asset) => ({ ...asset, createdBy: nameOfUser(asset.createdByUserId) }))
      .filter((asset) => isMeant(asset, filter));
  }

  return {
    async list(scope: PersonScope, query: AssetListQuery) {
      const { sort, after, limit } = query;
      const sign = query.order === 'ascending' ? 1 : -1;
      return matching(scope, query)
        .map((asset): ListedAsset => ({ asset, position: positionOf(asset, sort) }))
        .filter(({ position }) => after === undefined || sign * inOrder(position, after, sort) > 0)
        .sort((one, other) => sign * inOrder(one.position, other.position, sort))
        .slice(0, limit);
    },
    async find(scope: PersonScope, ids: readonly string[], sort: AssetSort) {
      return matching(scope, {})
        .filter(({ id }) => ids.includes(id))
        .map((asset) => ({ asset, position: positionOf(asset, sort) }));
    },
    async count(scope: PersonScope, filter: AssetFilter, most: number) {
      return Math.min(matching(scope, filter).length, most);
    },
  };
}

function isMeant(asset: Asset, { type, tag, createdByUserId, search }: AssetFilter): boolean {
  const texts = [asset.name, asset.description, ...asset.tags].map((text) => text.toLowerCase());
  return (
    (type === undefined || asset.type === type) &&
    (tag === undefined || asset.tags.includes(tag)) &&
    (createdByUserId === undefined || asset.createdByUserId === createdByUserId) &&
    (search === undefined || texts.some((text) => text.includes(search.toLowerCase())))
  );
}

function positionOf(asset: Asset, sort: AssetSort): AssetPosition {
  const values = {
    updated: asset.updatedAt.toISOString(),
    created: asset.createdAt.toISOString(),
    name: asset.name.toLowerCase(),
    size: String(asset.sizeBytes ?? asset.sealedSizeBytes),
  };
  return { value: values[sort], id: asset.id };
}

function inOrder(one: AssetPosition, other: AssetPosition, sort: AssetSort): number {
  const byValue =
    sort === 'size'
      ? Number(one.value) - Number(other.value)
      : Buffer.compare(Buffer.from(one.value), Buffer.from(other.value));
  return byValue || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}
