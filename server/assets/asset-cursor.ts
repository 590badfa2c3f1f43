import { invalidField, isId } from '../core/index.ts';
import type { AssetOrder, AssetPosition, ListedAsset } from './asset-list-store.ts';

/**
 * Where a page of names ended: the assets at its end, the last one first, each with the instant of its last change. Names are people's
 * words, which may not be where cursors are kept; the database has them.
 */
export type NamedPlace = readonly { readonly id: string; readonly updatedAt: string }[];

/** As many may be deleted or changed between two pages, and the list still goes on; a cursor stays short. */
const ENDS = 5;

/** Where a page ended, as opaque text without a name in it. It goes on in this order only. */
export function encodeAssetCursor({ sort, order }: AssetOrder, items: readonly ListedAsset[]): string {
  const last = items.at(-1)?.position;
  const ends = items.slice(-ENDS).reverse();
  const place =
    sort === 'name' ? ends.flatMap(({ asset }) => [asset.updatedAt.toISOString(), asset.id]) : [last?.value, last?.id];
  return asText([sort, order, ...place]);
}

/** @throws AppError `invalid-argument` for text that {@link encodeAssetCursor} did not make, or made for another order. */
export function decodeAssetCursor(cursor: string, { sort, order }: AssetOrder): AssetPosition | NamedPlace {
  const [cursorSort, cursorOrder, ...place] = partsOf(cursor);
  const pairs = Array.from({ length: Math.ceil(place.length / 2) }, (_, pair) => place.slice(2 * pair, 2 * pair + 2));
  const read = pairs.flatMap(([value, id]) =>
    typeof value === 'string' && typeof id === 'string' && isId(id) && isValue[sort](value) ? [{ value, id }] : [],
  );
  const [first] = read;
  const isPlace = read.length === pairs.length && read.length <= (sort === 'name' ? ENDS : 1);
  const isOfOrder = cursorSort === sort && cursorOrder === order;
  if (first === undefined || !isPlace || !isOfOrder || asText([sort, order, ...place]) !== cursor) {
    throw invalidField('cursor', 'must be the nextCursor of an earlier page of the same list');
  }
  return sort === 'name' ? read.map(({ value, id }) => ({ updatedAt: value, id })) : first;
}

/**
 * The position of the last asset at the end of a page that is there as it was. What was behind it on that page is gone, or was changed and
 * may come again.
 * @param found what of the place is there now
 */
export function positionIn(place: NamedPlace, found: readonly ListedAsset[]): AssetPosition {
  const now = new Map(found.map((listed) => [listed.asset.id, listed]));
  for (const { id, updatedAt } of place) {
    const listed = now.get(id);
    if (listed?.asset.updatedAt.toISOString() === updatedAt) return listed.position;
  }
  throw invalidField('cursor', 'leads to assets that were all changed or deleted since: load the list from its start');
}

const asText = (parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');

const isInstant = (value: string): boolean => {
  const instant = new Date(value);
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === value;
};

/** The database reads these as what they say they are, so nothing else may come to it. */
const isValue = {
  updated: isInstant,
  created: isInstant,
  name: isInstant,
  size: (value: string) => Number.isSafeInteger(Number(value)) && String(Number(value)) === value,
};

function partsOf(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
