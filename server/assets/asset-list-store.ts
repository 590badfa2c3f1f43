import type { Asset, PersonScope } from './asset-store.ts';

export const assetSorts = ['updated', 'created', 'name', 'size'] as const;
export type AssetSort = (typeof assetSorts)[number];

export const sortOrders = ['ascending', 'descending'] as const;
type SortOrder = (typeof sortOrders)[number];

/** What a list is in the order of. Names go by their lower-case letters, one code point after the other. */
export type AssetOrder = { readonly sort: AssetSort; readonly order: SortOrder };

/** Which assets of a project; without any of these, all. */
export type AssetFilter = {
  readonly type?: string;
  /** The whole tag, as it is written. */
  readonly tag?: string;
  readonly createdByUserId?: string;
  /** Text to look for in names, descriptions and tags, letter case aside. */
  readonly search?: string;
};

/** A place in an order: what the asset there is ordered by, as text (an instant in ISO 8601, a name, a number of bytes), and its id. */
export type AssetPosition = { readonly value: string; readonly id: string };

export type AssetListQuery = AssetFilter &
  AssetOrder & {
    readonly limit: number;
    /** Only what comes after this place in the order. */
    readonly after?: AssetPosition;
  };

export type ListedAsset = { readonly asset: Asset; readonly position: AssetPosition };

/**
 * Reads lists of the assets that an {@link AssetStore} keeps, in one transaction each. It trusts its caller to have asked who may; that a
 * person's scope reaches no further than their role is the second wall.
 */
export type AssetListStore = {
  /** Between assets that are equal in the order their ids decide, in the same direction. */
  list(scope: PersonScope, query: AssetListQuery): Promise<readonly ListedAsset[]>;
  /** Where these are when the list is in the order of `sort`, in no order; none for an id that is not there. */
  find(scope: PersonScope, ids: readonly string[], sort: AssetSort): Promise<readonly ListedAsset[]>;
  /** How many there are; counting ends at `most`. */
  count(scope: PersonScope, filter: AssetFilter, most: number): Promise<number>;
};
