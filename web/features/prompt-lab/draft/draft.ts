import type {
  DecodingParameters,
  GenerateRequest,
  Guardrails,
  PromptInput,
  StructuredPrompt,
  VariableValues,
} from '../../../../contract/app/generation.ts';
import { messagesOfChat, promptInputOf, valuesOf } from '../../../../contract/app/prompt-input.ts';
import type { PromptTemplate } from '../../../../contract/app/prompt-templates.ts';
import type { PromptContent, PromptVariable } from '../../../../contract/app/prompts.ts';
import { defaultParameters } from '../decoding-parameters.ts';
import { type ChatTree, emptyTree, shownTurns, withTurn } from './chat-tree.ts';
import { isSame } from './is-same.ts';

export type LabMode = PromptContent['mode'];
export type SavedPrompt = { id: string; name: string; description: string; content: PromptContent };

/** The prompt session in which the submitted prompts of a draft are kept. */
export type Recording = { sessionId: string; name: string };

/** What somebody works on in the Prompt Lab: in the page's memory only. Each mode has its own text. */
export type Draft = {
  mode: LabMode;
  modelId: string;
  parameters: DecodingParameters;
  guardrails: Guardrails;
  variables: readonly PromptVariable[];
  /** What the variables stand for now; where nothing is given, their default. No template holds it. */
  values: VariableValues;
  text: string;
  structured: StructuredPrompt;
  /** What the model wrote last in freeform and in structured mode. */
  outputs: { freeform: string; structured: string };
  system: string;
  chat: ChatTree;
  /** The next question, not sent yet; its id is the one its turn will have. */
  chatInput: string;
  chatInputId: string;
  saved: SavedPrompt | undefined;
  recording: Recording | undefined;
};

export const emptyStructured: StructuredPrompt = {
  instruction: '',
  inputPrefix: 'Input:',
  outputPrefix: 'Output:',
  examples: [],
  input: '',
};

export const newDraft = (): Draft => ({
  mode: 'freeform',
  modelId: '',
  parameters: defaultParameters,
  guardrails: {},
  variables: [],
  values: {},
  text: '',
  structured: emptyStructured,
  outputs: { freeform: '', structured: '' },
  system: '',
  chat: emptyTree,
  chatInput: '',
  chatInputId: crypto.randomUUID(),
  saved: undefined,
  recording: undefined,
});

/** What a prompt template of this draft holds. In a chat, what is typed but not sent yet counts as the next question. */
export function contentOf(draft: Draft): PromptContent {
  const { mode, modelId, parameters, guardrails, text, structured, system, chat } = draft;
  const shared = { modelId, parameters, guardrails, variables: [...draft.variables] };
  switch (mode) {
    case 'freeform':
      return { mode, ...shared, text };
    case 'structured':
      return { mode, ...shared, ...structured };
    case 'chat': {
      const { turns, leafId } = draft.chatInput.trim() === '' ? chat : withTurn(chat, nextQuestion(draft));
      return { mode, ...shared, system, turns: [...turns], leafId };
    }
  }
}

export const nextQuestion = ({ chat, chatInput, chatInputId }: Draft) => ({
  id: chatInputId,
  parentId: chat.leafId,
  role: 'user' as const,
  content: chatInput,
});

/** What would be sent to the model now, variables not yet filled; undefined when there is nothing to send. */
export function promptOf(draft: Draft): PromptInput | undefined {
  if (draft.mode === 'chat') {
    const prompt = promptInputOf(contentOf(draft));
    return prompt.mode === 'chat' && prompt.messages.length === 0 ? undefined : prompt;
  }
  if (draft.mode === 'freeform') return draft.text === '' ? undefined : { mode: 'freeform', text: draft.text };
  return isEmptyStructured(draft.structured) ? undefined : { mode: 'structured', ...draft.structured };
}

export const requestOf = (draft: Draft, prompt: PromptInput): GenerateRequest => ({
  modelId: draft.modelId,
  prompt,
  variables: valuesOf(draft.variables, draft.values),
  parameters: draft.parameters,
  guardrails: draft.guardrails,
});

/** The messages of the branch that ends with the turn `leafId`. */
export const messagesTo = ({ system, chat: { turns } }: Draft, leafId: string | null) =>
  messagesOfChat({ system, turns, leafId });

/** Everything that is read for the model's prompt in this mode, for finding variables. */
export function wordsOf(draft: Draft): string {
  const { structured, system, chat } = draft;
  switch (draft.mode) {
    case 'freeform':
      return draft.text;
    case 'structured': {
      const { instruction, examples, input } = structured;
      return [instruction, ...examples.flatMap((example) => [example.input, example.output]), input].join('\n');
    }
    case 'chat':
      return [system, ...shownTurns(chat).map(({ content }) => content), draft.chatInput].join('\n');
  }
}

export const draftOf = ({ id, name, description, content }: PromptTemplate): Draft => ({
  ...draftOfContent(content),
  saved: { id, name, description, content },
});

/** A new draft with this content, which nobody has saved. */
export function draftOfContent(content: PromptContent): Draft {
  const { mode, modelId, parameters, guardrails, variables } = content;
  const shared = { ...newDraft(), mode, modelId, parameters, guardrails, variables };
  switch (content.mode) {
    case 'freeform':
      return { ...shared, text: content.text };
    case 'structured': {
      const { instruction, inputPrefix, outputPrefix, examples, input } = content;
      return { ...shared, structured: { instruction, inputPrefix, outputPrefix, examples, input } };
    }
    case 'chat':
      return { ...shared, ...chatOf(content) };
  }
}

/** A question at the end of the branch, with nothing after it, is one that is still to be sent. */
function chatOf({ system, turns, leafId }: Extract<PromptContent, { mode: 'chat' }>): Partial<Draft> {
  const last = turns.at(-1);
  if (last === undefined || last.id !== leafId || last.role !== 'user') return { system, chat: { turns, leafId } };
  return {
    system,
    chat: { turns: turns.slice(0, -1), leafId: last.parentId },
    chatInput: last.content,
    chatInputId: last.id,
  };
}

/** Whether saving would change anything: against the saved prompt, or against an empty page. */
export function hasChanges(draft: Draft): boolean {
  return draft.saved === undefined ? hasText(draft) : !isSame(contentOf(draft), draft.saved.content);
}

/** Whether leaving the page would lose words: those that a save would keep, and those that no template holds. */
export function wouldLoseText(draft: Draft): boolean {
  const { outputs, values } = draft;
  return hasChanges(draft) || outputs.freeform !== '' || outputs.structured !== '' || Object.keys(values).length > 0;
}

export function hasText(draft: Draft): boolean {
  const { text, outputs, structured, variables } = draft;
  return (
    text !== '' ||
    outputs.freeform !== '' ||
    outputs.structured !== '' ||
    !isEmptyStructured(structured) ||
    !isEmptyChat(draft) ||
    variables.length > 0
  );
}

export const isEmptyChat = ({ system, chat, chatInput }: Draft): boolean =>
  system === '' && chat.turns.length === 0 && chatInput === '';

export const isEmptyStructured = ({ instruction, examples, input }: StructuredPrompt): boolean =>
  instruction === '' && input === '' && examples.every((example) => example.input === '' && example.output === '');
