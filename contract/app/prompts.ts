import { z } from 'zod';
import { id } from './common.ts';
import {
  type ChatMessage,
  decodingParameters,
  guardrails,
  MAX_PROMPT_CHARACTERS,
  MAX_VARIABLES,
  modelId,
  type PromptInput,
  structuredPrompt,
  type VariableValues,
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

/** The turns from the first to `leafId`, in order. */
export function branchOf(turns: readonly ChatTurn[], leafId: string | null): ChatTurn[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const branch: ChatTurn[] = [];
  for (let turn = byId.get(leafId ?? ''); turn !== undefined; turn = byId.get(turn.parentId ?? '')) branch.push(turn);
  return branch.reverse();
}

/** The messages of the branch that is shown, the system prompt first. */
export function messagesOfChat(chat: {
  readonly system: string;
  readonly turns: readonly ChatTurn[];
  readonly leafId: string | null;
}): ChatMessage[] {
  const said = branchOf(chat.turns, chat.leafId).map(({ role, content }): ChatMessage => ({ role, content }));
  return chat.system === '' ? said : [{ role: 'system', content: chat.system }, ...said];
}

/** What would be sent to the model, variables not yet filled. May be empty, which the server refuses. */
export function promptInputOf(content: PromptContent): PromptInput {
  switch (content.mode) {
    case 'freeform':
      return { mode: 'freeform', text: content.text };
    case 'structured': {
      const { instruction, inputPrefix, outputPrefix, examples, input } = content;
      return { mode: 'structured', instruction, inputPrefix, outputPrefix, examples, input };
    }
    case 'chat':
      return { mode: 'chat', messages: messagesOfChat(content) };
  }
}

/** The value of each declared variable: the one given, or its default. */
export function valuesOf(variables: readonly PromptVariable[], given: VariableValues = {}): VariableValues {
  return Object.fromEntries(
    variables.map(({ name, defaultValue }) => [name, Object.hasOwn(given, name) ? (given[name] ?? '') : defaultValue]),
  );
}
