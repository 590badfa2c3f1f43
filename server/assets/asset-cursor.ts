import { invalidField, isId } from '../core/index.ts';
import type { AssetOrder, AssetPosition } from './asset-list-store.ts';

/** The position as opaque text. It goes on in this order only. */
export function encodeAssetCursor({ sort, order }: AssetOrder, { value, id }: AssetPosition): string {
  return Buffer.from(JSON.stringify([sort, order, value, id]), 'utf8').toString('base64url');
}

/** @throws AppError `invalid-argument` for text that {@link encodeAssetCursor} did not make, or made for another order. */
export function decodeAssetCursor(cursor: string, order: AssetOrder): AssetPosition {
  const [value, id] = partsOf(cursor).slice(2);
  const isPosition = typeof value === 'string' && typeof id === 'string' && isId(id) && isValue[order.sort](value);
  if (!isPosition || encodeAssetCursor(order, { value, id }) !== cursor) {
    throw invalidField('cursor', 'must be the nextCursor of an earlier page of the same list');
  }
  return { value, id };
}

const isInstant = (value: string): boolean => {
  const instant = new Date(value);
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === value;
};

/** The database reads these as what they say they are, so nothing else may come to it. */
const isValue = {
  updated: isInstant,
  created: isInstant,
  name: (value: string) => !value.includes('\0'),
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
