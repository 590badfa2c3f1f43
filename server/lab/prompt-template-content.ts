import { z } from 'zod';
import { type PromptTemplateContent, promptTemplateContent } from '../../contract/app/index.ts';
import { AppError, Confidential } from '../core/index.ts';

/** Version of what is inside the sealed object. A later shape gets another number, and reading migrates from the older ones. */
const SCHEMA_VERSION = 1;

const sealedContent = z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), content: promptTemplateContent });

/** The content as the bytes that are sealed: JSON with its schema version. */
export function encodePromptTemplateContent(content: Confidential<PromptTemplateContent>): Confidential<Uint8Array> {
  const document = { schemaVersion: SCHEMA_VERSION, content: content.reveal('seal') };
  return Confidential.of<Uint8Array>(Buffer.from(JSON.stringify(document), 'utf8'));
}

/**
 * The content of an opened object, checked against the schema again.
 * @throws AppError `failed-precondition` when it is no prompt template that this version knows. The fault is not told in detail and kept
 *   from the log: parsers quote what they read.
 */
export function decodePromptTemplateContent(bytes: Confidential<Uint8Array>): Confidential<PromptTemplateContent> {
  const document = parseJson(bytes.reveal('assemble-prompt'));
  const parsed = sealedContent.safeParse(document);
  if (parsed.success) return Confidential.of(parsed.data.content);
  throw new AppError(
    'failed-precondition',
    'This prompt template was saved by another version of Cloister and cannot be read by this one. Open it with the version that saved it.',
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
