import type {
  ChatMessage,
  DecodingParameters,
  PromptInput,
  PromptTemplate,
  PromptTemplateContent,
} from '../../../contract/app/index.ts';
import { defaultParameters } from './decoding-parameters.ts';

export type LabMode = 'freeform' | 'chat';
export type ChatTurn = { role: 'user' | 'assistant'; content: string };
export type SavedPrompt = { id: string; name: string; description: string; content: PromptTemplateContent };

/** What somebody works on in the Prompt Lab: in the page's memory only. */
export type Draft = {
  mode: LabMode;
  modelId: string;
  parameters: DecodingParameters;
  text: string;
  output: string;
  system: string;
  turns: readonly ChatTurn[];
  chatInput: string;
  saved: SavedPrompt | undefined;
};

export const emptyDraft: Draft = {
  mode: 'freeform',
  modelId: '',
  parameters: defaultParameters,
  text: '',
  output: '',
  system: '',
  turns: [],
  chatInput: '',
  saved: undefined,
};

/** The messages of a chat; what is typed but not sent yet counts as the next question. */
export function messagesOf({ system, turns, chatInput }: Draft): ChatMessage[] {
  return [
    ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
    ...turns,
    ...(chatInput.trim() === '' ? [] : [{ role: 'user' as const, content: chatInput }]),
  ];
}

/** What would be sent to the model now; undefined when there is nothing to send. */
export function promptOf(draft: Draft): PromptInput | undefined {
  if (draft.mode === 'freeform') return draft.text === '' ? undefined : { mode: 'freeform', text: draft.text };
  const messages = messagesOf(draft);
  return messages.length === 0 ? undefined : { mode: 'chat', messages };
}

/** What a prompt template of this draft holds. */
export function contentOf(draft: Draft): PromptTemplateContent {
  const { mode, modelId, parameters, text } = draft;
  return mode === 'freeform'
    ? { mode, modelId, parameters, text }
    : { mode, modelId, parameters, messages: messagesOf(draft) };
}

export function draftOf({ id, name, description, content }: PromptTemplate): Draft {
  const shared = { ...emptyDraft, modelId: content.modelId, parameters: content.parameters };
  const saved: SavedPrompt = { id, name, description, content };
  if (content.mode === 'freeform') return { ...shared, mode: 'freeform', text: content.text, saved };

  const system = content.messages.find((message) => message.role === 'system')?.content ?? '';
  const turns = content.messages.flatMap(({ role, content: said }): ChatTurn[] =>
    role === 'system' ? [] : [{ role, content: said }],
  );
  const last = turns.at(-1);
  const isUnsent = last?.role === 'user';
  return {
    ...shared,
    mode: 'chat',
    system,
    turns: isUnsent ? turns.slice(0, -1) : turns,
    chatInput: isUnsent ? last.content : '',
    saved,
  };
}

/** Whether saving would change anything: against the saved prompt, or against an empty page. */
export function hasChanges(draft: Draft): boolean {
  if (draft.saved === undefined) return hasText(draft);
  return !isSameContent(contentOf(draft), draft.saved.content);
}

/** Whether leaving the page would lose words: those that a save would keep, and an answer that no template holds. */
export function wouldLoseText(draft: Draft): boolean {
  return hasChanges(draft) || draft.output !== '';
}

export function hasText({ text, output, system, turns, chatInput }: Draft): boolean {
  return text !== '' || output !== '' || system !== '' || turns.length > 0 || chatInput !== '';
}

/** Switches between freeform and chat. The other side keeps what it had; an empty side takes over the words of this one. */
export function switchMode(draft: Draft, mode: LabMode): Draft {
  if (mode === draft.mode) return draft;
  if (mode === 'chat') {
    const isChatEmpty = draft.turns.length === 0 && draft.chatInput === '' && draft.system === '';
    return { ...draft, mode, chatInput: isChatEmpty ? draft.text : draft.chatInput };
  }
  return { ...draft, mode, text: draft.text === '' ? transcriptOf(draft) : draft.text };
}

function transcriptOf({ system, turns, chatInput }: Draft): string {
  if (system === '' && turns.length === 0) return chatInput;
  const spoken = turns.map(({ role, content }) => `${role === 'user' ? 'User' : 'Assistant'}: ${content}`);
  const next = chatInput === '' ? [] : [`User: ${chatInput}`, 'Assistant:'];
  return [...(system === '' ? [] : [system]), ...spoken, ...next].join('\n\n');
}

function isSameContent(one: PromptTemplateContent, other: PromptTemplateContent): boolean {
  if (one.modelId !== other.modelId || !isSameParameters(one.parameters, other.parameters)) return false;
  if (one.mode === 'freeform') return other.mode === 'freeform' && one.text === other.text;
  return other.mode === 'chat' && JSON.stringify(one.messages.map(pair)) === JSON.stringify(other.messages.map(pair));
}

const pair = ({ role, content }: ChatMessage) => [role, content];

function isSameParameters(one: DecodingParameters, other: DecodingParameters): boolean {
  const names = Object.keys({ ...one, ...other }) as (keyof DecodingParameters)[];
  return names.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}
