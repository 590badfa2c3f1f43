import { AppError } from '../core/index.ts';
import type { ByteRange } from '../storage/index.ts';

/** The part of a content that somebody asks for, who may not know its size: from a byte to another one (or the end), or the last so many. */
export type RequestedPart = { readonly fromByte: number; readonly toByte?: number } | { readonly lastBytes: number };

/**
 * Which bytes those are. What reaches past the end is cut there.
 * @throws AppError `invalid-argument` (reason `range-not-satisfiable`) when the content has none of them
 */
export function rangeOf(part: RequestedPart, sizeBytes: number): ByteRange {
  const start = 'lastBytes' in part ? Math.max(0, sizeBytes - part.lastBytes) : part.fromByte;
  const toByte = 'lastBytes' in part ? undefined : part.toByte;
  const endExclusive = toByte === undefined ? sizeBytes : Math.min(toByte + 1, sizeBytes);
  if (start < endExclusive) return { start, endExclusive };
  throw new AppError(
    'invalid-argument',
    `The content has ${sizeBytes} bytes, and the part that was asked for is not among them.`,
    { details: { reason: 'range-not-satisfiable' } },
  );
}
