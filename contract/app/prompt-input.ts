import type { ChatMessage, PromptInput, VariableValues } from './generation.ts';
import type { ChatTurn, PromptContent, PromptVariable } from './prompts.ts';

// Types are all that is imported, so that the page has these functions without zod.

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
