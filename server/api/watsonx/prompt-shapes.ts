import { z } from 'zod';
import {
  branchOf,
  type ChatTurn,
  decodingParameters,
  MAX_PROMPT_CHARACTERS,
  MAX_VARIABLES,
  modelId,
  type PromptContent,
  type PromptVariable,
  promptVariable,
  structuredPrompt,
  type VariableValues,
  valuesOf,
  variableName,
} from '../../../contract/app/index.ts';
import { invalidField, newId } from '../../core/index.ts';
import { modelParametersOf, promptParameters } from './prompt-parameters.ts';

/*
 * A saved prompt as IBM's published SDK writes it (@ibm-cloud/watsonx-ai, `types/vml_v1.d.ts`: PromptWithExternal, ChatItem, PromptData) and
 * as the Prompt Lab keeps it. What the Prompt Lab cannot keep is refused by name, or it would be lost without a word.
 */

const notSupported = z.undefined({ error: 'is not supported by this version of Cloister' }).optional();
const MAX_TURNS = 1000;
const text = z.string().max(MAX_PROMPT_CHARACTERS);

/** Every call names its project in the address. */
export const inProject = z.object({
  project_id: z.string({ error: 'is required' }).max(200),
  space_id: z
    .undefined({ error: 'deployment spaces are not supported by this version of Cloister; give project_id' })
    .optional(),
});

export const onePrompt = z.object({ promptId: z.string() });

export const inputMode = z.enum(
  ['structured', 'freeform', 'chat'],
  'must be structured, freeform or chat; detached prompts are not supported by this version of Cloister',
);

/** A turn of a chat. `id` and `timestamp` are the server's: what is sent is not kept. */
export const chatItem = z.strictObject({
  id: z.string().max(200).optional(),
  type: z.enum(['question', 'answer']),
  content: text,
  status: z.literal('ready', 'must be ready: what failed is not kept').default('ready'),
  timestamp: z.number().optional(),
});
export type ChatItem = z.infer<typeof chatItem>;

/** `prompt`. What is absent stays as it is when a prompt is changed. */
export const watsonxPrompt = z.strictObject({
  model_id: modelId,
  model_parameters: promptParameters.optional(),
  input: z
    .array(z.array(text).min(1).max(2))
    .max(1, 'must be one row; more test inputs are not supported by this version of Cloister')
    .optional(),
  data: z
    .strictObject({
      instruction: structuredPrompt.shape.instruction.optional(),
      input_prefix: z.string().max(200).optional(),
      output_prefix: z.string().max(200).optional(),
      examples: z
        .array(z.tuple([text, text]))
        .max(100)
        .optional(),
    })
    .prefault({}),
  system_prompt: text.optional(),
  chat_items: z.array(chatItem).max(MAX_TURNS).optional(),
  external_information: notSupported,
});
export type WatsonxPrompt = z.infer<typeof watsonxPrompt>;

/** `prompt_variables`: the declared variables with what they are where nobody says. */
export const promptVariables = z
  .record(variableName, z.strictObject({ default_value: promptVariable.shape.defaultValue }))
  .refine((given) => Object.keys(given).length <= MAX_VARIABLES, `must be ${MAX_VARIABLES} variables at most`)
  .transform((given): PromptVariable[] =>
    Object.entries(given).map(([name, { default_value: defaultValue }]) => ({ name, defaultValue })),
  );

export type PromptFields = {
  readonly prompt: WatsonxPrompt;
  readonly mode?: PromptContent['mode'] | undefined;
  readonly variables?: readonly PromptVariable[] | undefined;
};

/**
 * The content that is kept, with the output where there is one outside a chat.
 * @param saved what is changed: what `fields` does not name stays, and so does what IBM's shape has no place for (guardrails, the branches
 *   of a chat that are not shown)
 * @throws AppError `invalid-argument` that names the field that its mode has no place for
 */
export function readPrompt(
  { prompt, mode, variables }: PromptFields,
  saved?: PromptContent,
): { readonly content: PromptContent; readonly output: string } {
  const shared = {
    modelId: prompt.model_id,
    parameters: prompt.model_parameters ?? saved?.parameters ?? decodingParameters.parse({}),
    variables: [...(variables ?? saved?.variables ?? [])],
    guardrails: saved?.guardrails ?? {},
  };
  const [input, output = ''] = prompt.input?.[0] ?? [];
  const { data } = prompt;
  const asked = mode ?? saved?.mode ?? modeOf(prompt);
  if (asked !== 'structured') {
    if (data.instruction) throw outOfPlace('prompt.data.instruction', 'structured');
    if (data.examples?.length) throw outOfPlace('prompt.data.examples', 'structured');
  }
  if (asked !== 'chat') {
    if (prompt.system_prompt) throw outOfPlace('prompt.system_prompt', 'chat');
    if (prompt.chat_items?.length) throw outOfPlace('prompt.chat_items', 'chat');
  }
  switch (asked) {
    case 'freeform': {
      const before = saved?.mode === 'freeform' ? saved.text : '';
      return { content: { mode: asked, ...shared, text: input ?? before }, output };
    }
    case 'structured': {
      const before =
        saved?.mode === 'structured' ? saved : structuredPrompt.parse({ instruction: '', examples: [], input: '' });
      const content: PromptContent = {
        mode: asked,
        ...shared,
        instruction: data.instruction ?? before.instruction,
        inputPrefix: data.input_prefix ?? before.inputPrefix,
        outputPrefix: data.output_prefix ?? before.outputPrefix,
        examples: data.examples?.map(([one, answer]) => ({ input: one, output: answer })) ?? before.examples,
        input: input ?? before.input,
      };
      return { content, output };
    }
    case 'chat': {
      if (input || output)
        throw invalidField('prompt.input', 'a chat has its questions and answers in prompt.chat_items');
      const before = saved?.mode === 'chat' ? saved : { system: '', turns: [], leafId: null };
      const said = prompt.chat_items === undefined ? before : withShown(before, prompt.chat_items);
      const { turns, leafId } = said;
      return {
        content: { mode: asked, ...shared, system: prompt.system_prompt ?? before.system, turns, leafId },
        output,
      };
    }
  }
}

/** The same prompt as IBM's shape has it; `output` is the answer of a submitted one. */
export function writePrompt(content: PromptContent, { output = '', isRestricted = false } = {}): object {
  const { modelId: model, parameters } = content;
  const head = { model_id: model, model_parameters: modelParametersOf(parameters, isRestricted) };
  switch (content.mode) {
    case 'freeform':
      return { ...head, input: [[content.text, output]], data: {} };
    case 'structured':
      return {
        ...head,
        input: [[content.input, output]],
        data: {
          instruction: content.instruction,
          input_prefix: content.inputPrefix,
          output_prefix: content.outputPrefix,
          examples: content.examples.map((example) => [example.input, example.output]),
        },
      };
    case 'chat':
      return {
        ...head,
        input: [],
        data: {},
        system_prompt: content.system,
        chat_items: [
          ...branchOf(content.turns, content.leafId).map(toChatItem),
          ...(output === '' ? [] : [{ type: 'answer', content: output, status: 'ready' }]),
        ],
      };
  }
}

/** What a response says of a content beside `prompt` itself. */
export function writeMode({ mode, variables }: PromptContent, values: VariableValues = {}): object {
  const written = Object.entries(valuesOf(variables, values)).map(([name, value]) => [name, { default_value: value }]);
  return {
    input_mode: mode,
    prompt_variables: Object.fromEntries(written),
    is_template: variables.length > 0,
  };
}

/** A chat with more said at the end of the branch that is shown. @throws AppError `invalid-argument` where that is too much */
export function withMore(chat: Extract<PromptContent, { mode: 'chat' }>, items: readonly ChatItem[]): PromptContent {
  const more = turnsAfter(chat.leafId, items);
  return { ...chat, turns: fewEnough([...chat.turns, ...more]), leafId: more.at(-1)?.id ?? chat.leafId };
}

/**
 * The turns with `items` as the branch that is shown. As far as it says the same it stays, with the branches that go off it; what differs or
 * is left out is gone, and so is what followed it. Nothing to show clears the chat.
 */
function withShown(
  { turns, leafId }: { readonly turns: readonly ChatTurn[]; readonly leafId: string | null },
  items: readonly ChatItem[],
): { turns: ChatTurn[]; leafId: string | null } {
  if (items.length === 0) return { turns: [], leafId: null };
  const shown = branchOf(turns, leafId);
  const isSame = (turn: ChatTurn, item: ChatItem | undefined) =>
    item !== undefined && turn.role === roleOf(item) && turn.content === item.content;
  const firstOther = shown.findIndex((turn, index) => !isSame(turn, items[index]));
  const same = firstOther === -1 ? shown : shown.slice(0, firstOther);
  const gone = new Set(shown.slice(same.length).map(({ id }) => id));
  const kept = turns.filter(({ id, parentId }) => {
    if (parentId !== null && gone.has(parentId)) gone.add(id);
    return !gone.has(id);
  });
  const lastSame = same.at(-1)?.id ?? null;
  const more = turnsAfter(lastSame, items.slice(same.length));
  return { turns: fewEnough([...kept, ...more]), leafId: more.at(-1)?.id ?? lastSame };
}

function fewEnough(turns: ChatTurn[]): ChatTurn[] {
  if (turns.length <= MAX_TURNS) return turns;
  throw invalidField('chat_items', `a chat keeps ${MAX_TURNS} turns at most, those of other branches among them`);
}

function turnsAfter(leafId: string | null, items: readonly ChatItem[]): ChatTurn[] {
  let parentId = leafId;
  return items.map((item) => {
    const turn: ChatTurn = { id: newId(), parentId, role: roleOf(item), content: item.content };
    parentId = turn.id;
    return turn;
  });
}

function roleOf({ type }: ChatItem): ChatTurn['role'] {
  return type === 'question' ? 'user' : 'assistant';
}

function toChatItem({ id, role, content }: ChatTurn): object {
  return { id, type: role === 'user' ? 'question' : 'answer', content, status: 'ready' };
}

/** The mode of a prompt that does not say it: the one that has a place for what it holds. */
function modeOf({ data, system_prompt: system, chat_items: items }: WatsonxPrompt): PromptContent['mode'] {
  if (system || items?.length) return 'chat';
  return data.instruction || data.examples?.length ? 'structured' : 'freeform';
}

function outOfPlace(field: string, mode: PromptContent['mode']): Error {
  return invalidField(field, `has a place in a prompt of input_mode ${mode} only`);
}
