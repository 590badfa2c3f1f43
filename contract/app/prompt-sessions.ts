import { z } from 'zod';
import { cursor, description, displayName, id, instant } from './common.ts';
import { stopReason, variableValues } from './generation.ts';
import { promptContent } from './prompts.ts';

/** Most submitted prompts in a session: the oldest go when more come. */
export const MAX_SESSION_ENTRIES = 500;
/** Days after which an entry, and a session, is gone by itself. */
export const SESSION_DAYS = 30;

export const promptSessionSummary = z.strictObject({
  id,
  name: displayName,
  description,
  entryCount: z.int(),
  createdAt: instant,
  createdBy: z.string().describe('Name of the person'),
  updatedAt: instant,
  expiresAt: instant.describe('When the whole session is gone'),
});
export type PromptSessionSummary = z.infer<typeof promptSessionSummary>;
export const promptSessionList = z.strictObject({
  items: z.array(promptSessionSummary),
  nextCursor: z.string().optional(),
});
export const promptSessionListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor,
});

/** `POST /projects/{projectId}/prompt-sessions`; `PATCH …/{sessionId}` takes either. */
export const savePromptSessionRequest = z.strictObject({ name: displayName, description: description.default('') });
export const changePromptSessionRequest = z
  .strictObject({ name: displayName.optional(), description: description.optional() })
  .refine((change) => Object.keys(change).length > 0, 'name or description is needed');

/** One submitted prompt with its answer: sealed, and kept until it is {@link SESSION_DAYS} old. */
export const sessionEntryContent = z.strictObject({
  content: promptContent.describe('The prompt as it was submitted, with model and parameters'),
  values: variableValues.default({}),
  output: z.string().max(4_000_000),
  stopReason: stopReason.optional().describe('Absent, as the counts are: the program that added it did not say'),
  inputTokens: z.int().min(0).optional(),
  outputTokens: z.int().min(0).optional(),
  seed: z.int().optional(),
});
export type SessionEntryContent = z.infer<typeof sessionEntryContent>;

export const sessionEntry = z.strictObject({
  id,
  number: z.int().min(1).describe('Counts from 1; numbers of entries that are gone are not used again'),
  submittedAt: instant,
  submittedBy: z.string().describe('Name of the person'),
  expiresAt: instant,
  entry: sessionEntryContent.optional().describe('Absent: it is damaged, or its bytes or its key are gone'),
});
export type SessionEntry = z.infer<typeof sessionEntry>;

/** `POST …/{sessionId}/entries`. The same id again adds nothing: a request whose answer was lost can be repeated. */
export const addSessionEntryRequest = z.strictObject({ id: id.optional(), entry: sessionEntryContent });
/** What adding answers: the entry without its content, which the caller has just sent. */
export const addedSessionEntry = sessionEntry.omit({ entry: true });
/** `GET …/{sessionId}/entries?limit=&cursor=`: opened, the newest first. */
export const sessionEntryListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).optional(),
  cursor,
});
export const sessionEntryList = z.strictObject({ items: z.array(sessionEntry), nextCursor: z.string().optional() });
/** `…/{sessionId}/entries/{number}` */
export const sessionEntryNumber = z.coerce.number().int().min(1);
