import { assemblePrompt } from '../../../../contract/app/assemble-prompt.ts';
import { shownTurns } from './chat-tree.ts';
import { type Draft, emptyStructured, isEmptyChat, isEmptyStructured, type LabMode } from './draft.ts';

/** Switches the mode. Every mode keeps its text; one that is still empty takes over the words of the one that is left. */
export function switchMode(draft: Draft, mode: LabMode): Draft {
  if (mode === draft.mode) return draft;
  const words = spokenBy(draft);
  const next = { ...draft, mode };
  if (words === '') return next;
  switch (mode) {
    case 'freeform':
      return draft.text === '' ? { ...next, text: words } : next;
    case 'structured':
      return isEmptyStructured(draft.structured)
        ? { ...next, structured: { ...emptyStructured, instruction: words } }
        : next;
    case 'chat':
      return isEmptyChat(draft) ? { ...next, chatInput: words } : next;
  }
}

/** The text of the draft's mode as one text, variables as they are. */
function spokenBy(draft: Draft): string {
  switch (draft.mode) {
    case 'freeform':
      return draft.text;
    case 'structured': {
      const { structured } = draft;
      if (isEmptyStructured(structured)) return '';
      const isInstructionOnly = structured.input === '' && structured.examples.length === 0;
      if (isInstructionOnly) return structured.instruction;
      const assembled = assemblePrompt({ mode: 'structured', ...structured });
      return assembled.mode === 'freeform' ? assembled.text : '';
    }
    case 'chat':
      return transcriptOf(draft);
  }
}

function transcriptOf({ system, chat, chatInput }: Draft): string {
  const turns = shownTurns(chat);
  if (system === '' && turns.length === 0) return chatInput;
  const spoken = turns.map(({ role, content }) => `${role === 'user' ? 'User' : 'Assistant'}: ${content}`);
  const next = chatInput === '' ? [] : [`User: ${chatInput}`, 'Assistant:'];
  return [...(system === '' ? [] : [system]), ...spoken, ...next].join('\n\n');
}
