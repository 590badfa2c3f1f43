import type { z } from 'zod';
import { AppError, Confidential } from '../core/index.ts';

/** A document as the bytes that are sealed: JSON. */
export function toSealedJson<T>(
  content: Confidential<T>,
  asDocument: (content: T) => unknown,
): Confidential<Uint8Array> {
  return Confidential.of<Uint8Array>(Buffer.from(JSON.stringify(asDocument(content.reveal('seal'))), 'utf8'));
}

/**
 * The document in opened bytes, checked against its schema again.
 * @param what it is, for the error, such as `prompt template`
 * @throws AppError `failed-precondition` (reason `content-not-readable`) when it is none that this version knows. The fault is not told in
 *   detail and kept from the log: parsers quote what they read.
 */
export function fromSealedJson<T>(
  bytes: Confidential<Uint8Array>,
  schema: z.ZodType<T>,
  what: string,
): Confidential<T> {
  const parsed = schema.safeParse(parseJson(bytes.reveal('assemble-prompt')));
  if (parsed.success) return Confidential.of(parsed.data);
  throw new AppError(
    'failed-precondition',
    `This ${what} was saved by another version of Cloister and cannot be read by this one. Open it with the version that saved it.`,
    { details: { reason: 'content-not-readable' } },
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
