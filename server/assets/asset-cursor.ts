import { invalidField, isId } from '../core/index.ts';

/** The place after which the next page starts. */
export type AssetPosition = { readonly updatedAt: Date; readonly id: string };

/** The position as opaque text. */
export function encodeCursor(position: AssetPosition): string {
  return Buffer.from(`${position.updatedAt.toISOString()} ${position.id}`, 'utf8').toString('base64url');
}

/** @throws AppError `invalid-argument` for text that {@link encodeCursor} did not make. */
export function decodeCursor(cursor: string): AssetPosition {
  const [instant, id, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const updatedAt = new Date(instant ?? '');
  const isWhole = rest.length === 0 && id !== undefined && isId(id) && !Number.isNaN(updatedAt.getTime());
  if (!isWhole || encodeCursor({ updatedAt, id }) !== cursor) {
    throw invalidField('cursor', 'must be the nextCursor of an earlier page');
  }
  return { updatedAt, id };
}
