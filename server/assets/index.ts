export { type AssetSort, assetSorts, type SortOrder, sortOrders } from './asset-list-store.ts';
export type { AssetContent, AssetPage, AssetService } from './asset-service.ts';
export type { Asset } from './asset-store.ts';
export { readTags } from './asset-tags.ts';
export type { BucketObjectService, BucketSummary, ContentStream } from './bucket-object-service.ts';
export type { BucketObject } from './bucket-object-store.ts';
export { type Assets, createAssets } from './create-assets.ts';
export type { Sweep } from './sweep-orphans.ts';
