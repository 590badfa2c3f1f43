import { z } from 'zod';
import { type SessionEntryContent, sessionEntryContent } from '../../contract/app/index.ts';
import { Confidential } from '../core/index.ts';
import { fromSealedJson, toSealedJson } from './sealed-json.ts';

/** Version of what is inside the sealed objects of a session and of its entries. */
const SCHEMA_VERSION = 1;

const sealedEntry = z
  .strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), entry: sessionEntryContent })
  .transform(({ entry }): SessionEntryContent => entry);
const sealedSession = z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION) });

/** What the session itself holds: nothing but what it is. Each entry is a sealed object of its own. */
export function encodePromptSession(): Confidential<Uint8Array> {
  return toSealedJson(Confidential.of({}), () => ({ schemaVersion: SCHEMA_VERSION }));
}

/** @throws AppError as {@link fromSealedJson} */
export function decodePromptSession(bytes: Confidential<Uint8Array>): Confidential<unknown> {
  return fromSealedJson(bytes, sealedSession, 'prompt session');
}

export function encodeSessionEntry(entry: Confidential<SessionEntryContent>): Confidential<Uint8Array> {
  return toSealedJson(entry, (revealed) => ({ schemaVersion: SCHEMA_VERSION, entry: revealed }));
}

/** @throws AppError as {@link fromSealedJson} */
export function decodeSessionEntry(bytes: Confidential<Uint8Array>): Confidential<SessionEntryContent> {
  return fromSealedJson(bytes, sealedEntry, 'prompt of a session');
}
