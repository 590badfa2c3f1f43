import { z } from 'zod';
import { id } from './common.ts';
import {
  decodingParameters,
  guardrails,
  MAX_PROMPT_CHARACTERS,
  MAX_VARIABLES,
  modelId,
  structuredPrompt,
  variableName,
} from './generation.ts';

/** A declared variable of a prompt. Only declared ones are replaced. */
export const promptVariable = z.strictObject({
  name: variableName,
  defaultValue: z.string().max(MAX_PROMPT_CHARACTERS).default(''),
});
export type PromptVariable = z.infer<typeof promptVariable>;

/**
 * One turn of a conversation that may branch: a question that was asked again, or an answer that was made again, is another child of the
 * same parent.
 */
export const chatTurn = z.strictObject({
  id,
  parentId: id.nullable().describe('The turn before; null for a first one'),
  role: z.enum(['user', 'assistant']),
  content: z.string().max(MAX_PROMPT_CHARACTERS),
});
export type ChatTurn = z.infer<typeof chatTurn>;

const shared = {
  modelId,
  parameters: decodingParameters,
  variables: z
    .array(promptVariable)
    .max(MAX_VARIABLES)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have a name each')
    .default([]),
  guardrails: guardrails.default({}),
};

/** What somebody works on in the Prompt Lab, and what is sealed in the project's bucket when they save it. */
export const promptContent = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('freeform'), ...shared, text: z.string().max(MAX_PROMPT_CHARACTERS) }),
  z.strictObject({ mode: z.literal('structured'), ...shared, ...structuredPrompt.shape }),
  z
    .strictObject({
      mode: z.literal('chat'),
      ...shared,
      system: z.string().max(MAX_PROMPT_CHARACTERS).default(''),
      /** The turns of every branch, the assistant's (the output) among them. A parent stands before its children. */
      turns: z.array(chatTurn).max(1000),
      /** The last turn of the branch that is shown; null where there is none. */
      leafId: id.nullable(),
    })
    .superRefine(({ turns, leafId }, context) => {
      const known = new Set<string>();
      for (const [index, turn] of turns.entries()) {
        if (turn.parentId !== null && !known.has(turn.parentId)) {
          context.addIssue({ code: 'custom', path: ['turns', index, 'parentId'], message: 'must be a turn before it' });
        }
        if (known.has(turn.id)) {
          context.addIssue({ code: 'custom', path: ['turns', index, 'id'], message: 'must not be the id of another' });
        }
        known.add(turn.id);
      }
      if (leafId === null ? turns.length > 0 : !known.has(leafId)) {
        context.addIssue({ code: 'custom', path: ['leafId'], message: 'must be one of the turns' });
      }
    }),
]);
export type PromptContent = z.infer<typeof promptContent>;
