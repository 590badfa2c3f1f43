import type { PromptContent, SessionEntryContent } from '../../../../contract/app/index.ts';
import { branchOf, valuesOf } from '../../../../contract/app/prompt-input.ts';
import { contentOf, type Draft, draftOfContent } from '../draft/draft.ts';
import type { Run } from '../use-generation.ts';

/** The prompt of `draft` as it is submitted now: of a chat the branch that is shown, up to its last question. */
export function submittedPrompt(draft: Draft): Pick<SessionEntryContent, 'content' | 'values'> {
  const values = valuesOf(draft.variables, draft.values);
  const content = contentOf({ ...draft, chatInput: '' });
  return { content: content.mode === 'chat' ? withOneBranch(content) : content, values };
}

type ChatContent = Extract<PromptContent, { mode: 'chat' }>;
const withOneBranch = (content: ChatContent): ChatContent => ({
  ...content,
  turns: branchOf(content.turns, content.leafId),
});

/** The entry for a run that is over; undefined: it brought nothing to keep. */
export function entryOf(
  submitted: ReturnType<typeof submittedPrompt>,
  output: string,
  run: Run,
): SessionEntryContent | undefined {
  if (run.state === 'done') {
    const { stopReason, inputTokens, outputTokens, seed } = run.summary;
    return { ...submitted, output, stopReason, inputTokens, outputTokens, seed };
  }
  return run.state === 'stopped' && output !== '' ? { ...submitted, output, stopReason: 'cancelled' } : undefined;
}

/** Whether the answer of `entry` still stands on the page. */
export function isShown(draft: Draft, { content, output }: SessionEntryContent): boolean {
  if (draft.mode !== content.mode) return false;
  if (draft.mode === 'chat') {
    return draft.chat.turns.some(({ role, content: said }) => role === 'assistant' && said === output);
  }
  return output !== '' && draft.outputs[draft.mode] === output;
}

/** A new draft with the prompt of an entry, which nobody has saved. */
export const draftOfEntry = ({ content, values }: SessionEntryContent): Draft => ({
  ...draftOfContent(content),
  values,
});
