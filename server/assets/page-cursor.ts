import { invalidField, isId } from '../core/index.ts';

/** The place in a list, newest first, after which the next page starts. */
export type PagePosition = { readonly at: Date; readonly id: string };

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

/**
 * How many items a page has.
 * @throws AppError `invalid-argument` for a number that is not 1 to 200
 */
export function pageSize(limit: number = DEFAULT_PAGE_SIZE): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE_SIZE) return limit;
  throw invalidField('limit', `must be 1 to ${MAX_PAGE_SIZE}`);
}

/** The position as opaque text. */
export function encodeCursor(position: PagePosition): string {
  return Buffer.from(`${position.at.toISOString()} ${position.id}`, 'utf8').toString('base64url');
}

/** @throws AppError `invalid-argument` for text that {@link encodeCursor} did not make. */
export function decodeCursor(cursor: string): PagePosition {
  const [instant, id, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const at = new Date(instant ?? '');
  const isWhole = rest.length === 0 && id !== undefined && isId(id) && !Number.isNaN(at.getTime());
  if (!isWhole || encodeCursor({ at, id }) !== cursor) {
    throw invalidField('cursor', 'must be the nextCursor of an earlier page');
  }
  return { at, id };
}

/**
 * Cuts the page of what a store found when it was asked for one more than the page has.
 * @param positionOf where an item is in the order
 */
export function cutPage<T>(
  found: readonly T[],
  limit: number,
  positionOf: (item: T) => PagePosition,
): { readonly items: readonly T[]; readonly nextCursor?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(positionOf(last)) } : { items };
}

/** The number of the last item, as opaque text: for lists in the order of numbers that never change. */
export function encodeNumberCursor(number: number): string {
  return Buffer.from(String(number), 'utf8').toString('base64url');
}

/** @throws AppError `invalid-argument` for text that {@link encodeNumberCursor} did not make. */
export function decodeNumberCursor(cursor: string): number {
  const number = Number(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Number.isSafeInteger(number) && encodeNumberCursor(number) === cursor) return number;
  throw invalidField('cursor', 'must be the nextCursor of an earlier page');
}
