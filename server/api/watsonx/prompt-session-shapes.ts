import { z } from 'zod';
import {
  branchOf,
  description,
  displayName,
  MAX_SESSION_ENTRIES,
  type SessionEntryContent,
} from '../../../contract/app/index.ts';
import type { PromptSessionSummary, SessionEntry, SessionEntrySummary } from '../../lab/index.ts';
import { inputMode, promptVariables, readPrompt, watsonxPrompt, writeMode, writePrompt } from './prompt-shapes.ts';

/*
 * A prompt session as IBM's published SDK writes it (@ibm-cloud/watsonx-ai, `types/vml_v1.d.ts`: WxPromptSession, WxPromptSessionEntry). An
 * entry is known by its number in the session.
 */

const servers = z.union([z.string().max(200), z.number()]).optional();

/** Names of entries are the server's own: one that is made from the prompt would carry it into the database. */
export const entryRequest = z.strictObject({
  name: z.string().max(1000),
  description: z.literal('', 'is not kept of a submitted prompt').optional(),
  created_at: z.number({ error: 'is required, in milliseconds' }),
  prompt: watsonxPrompt,
  input_mode: inputMode.optional(),
  prompt_variables: promptVariables.optional(),
  id: servers,
  is_template: z.boolean().optional(),
});
export type EntryRequest = z.infer<typeof entryRequest>;

/** "Cannot be set" (IBM's SDK): what the server says of a session itself is read and not kept. */
export const sessionRequest = z.strictObject({
  name: displayName,
  description: description.default(''),
  prompts: z.array(entryRequest).max(MAX_SESSION_ENTRIES).default([]),
  lock: z.object({ locked: z.literal(false, 'a session is not edited, so that nobody locks it') }).optional(),
  id: servers,
  created_at: servers,
  created_by: servers,
  last_updated_at: servers,
  last_updated_by: servers,
});

/** What was submitted, with the answer: the second text of the input's row, or the last answer of a chat. */
export function readEntry({
  prompt,
  input_mode: mode,
  prompt_variables: variables,
}: EntryRequest): SessionEntryContent {
  const { content, output } = readPrompt({ prompt, mode, variables });
  if (content.mode !== 'chat') return { content, values: {}, output };
  const last = branchOf(content.turns, content.leafId).at(-1);
  if (last?.role !== 'assistant') return { content, values: {}, output: '' };
  const turns = content.turns.filter(({ id }) => id !== last.id);
  return { content: { ...content, turns, leafId: last.parentId }, values: {}, output: last.content };
}

/** An entry of a list, without the prompt. */
export function writeEntrySummary({ number, submittedAt }: SessionEntrySummary): object {
  return { id: String(number), name: `Prompt ${number}`, created_at: submittedAt.getTime() };
}

/** An opened entry; the variables have the values that it was submitted with. */
export function writeEntry(summary: SessionEntrySummary, { content, values, output }: SessionEntryContent): object {
  return { ...writeEntrySummary(summary), ...writeMode(content, values), prompt: writePrompt(content, { output }) };
}

/** @param entries given where they were asked for */
export function writeSession(session: PromptSessionSummary, entries?: readonly SessionEntry[]): object {
  const { id, name, description: about, createdAt, createdBy, updatedAt } = session;
  return {
    id,
    name,
    description: about,
    created_at: createdAt.getTime(),
    created_by: createdBy,
    last_updated_at: updatedAt.getTime(),
    lock: { locked: false },
    ...(entries === undefined ? {} : { prompts: entries.map(writeOpenedEntry) }),
  };
}

/** One that is damaged is there without its prompt, so that the others can be read. */
export function writeOpenedEntry(opened: SessionEntry): object {
  const { entry } = opened;
  return entry === undefined ? writeEntrySummary(opened) : writeEntry(opened, entry.reveal('write-response'));
}
