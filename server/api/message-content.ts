import { z } from 'zod';
import { MAX_PROMPT_CHARACTERS } from '../../contract/app/index.ts';

const part = z.strictObject({
  type: z.literal('text', 'only text parts are supported by this version of Cloister'),
  text: z.string().max(MAX_PROMPT_CHARACTERS),
});
const parts = z
  .array(part)
  .refine(
    (given) => given.reduce((sum, { text }) => sum + text.length, 0) <= MAX_PROMPT_CHARACTERS,
    `must have at most ${MAX_PROMPT_CHARACTERS} characters in all`,
  );

/** What somebody says in a chat, as watsonx and OpenAI write it: a text, or a list of parts, which are joined. */
export const messageContent = z
  .union([z.string().max(MAX_PROMPT_CHARACTERS), parts], 'must be a text, or a list of text parts')
  .transform((value) => (typeof value === 'string' ? value : value.map(({ text }) => text).join('')));
