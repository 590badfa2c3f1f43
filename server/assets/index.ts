export type { AssetContent, AssetService } from './asset-service.ts';
export type { Asset } from './asset-store.ts';
export { createAssets } from './create-assets.ts';
export type { Sweep } from './sweep-orphans.ts';
