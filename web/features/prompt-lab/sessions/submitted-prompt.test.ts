import { describe, expect, it } from 'vitest';
import { sessionEntryContent } from '../../../../contract/app/index.ts';
import { type Draft, newDraft } from '../draft/draft.ts';
import type { Run } from '../use-generation.ts';
import { draftOfEntry, entryOf, isShown, submittedPrompt } from './submitted-prompt.ts';

const done: Run = {
  state: 'done',
  summary: {
    ...{ stopReason: 'eos_token', inputTokens: 3, outputTokens: 2, seed: 7 },
    ...{ firstTokenMs: undefined, tokensPerSecond: undefined },
  },
};
const id = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
const chat: Draft = {
  ...newDraft(),
  mode: 'chat',
  modelId: 'm',
  chat: {
    turns: [
      { id: id(1), parentId: null, role: 'user', content: 'One way?' },
      { id: id(2), parentId: null, role: 'user', content: 'Other way?' },
    ],
    leafId: id(2),
  },
  chatInput: 'not sent yet',
};

describe('the entry of a submitted prompt', () => {
  it('of a chat has the branch that was sent, and opens with its question to be sent again', () => {
    const entry = entryOf(submittedPrompt(chat), 'Yes.', done);
    if (entry === undefined) throw new Error('there is no entry');
    expect(sessionEntryContent.parse(entry)).toEqual(entry);
    expect(entry.content).toMatchObject({ turns: [{ content: 'Other way?' }], leafId: id(2) });
    expect(draftOfEntry(entry)).toMatchObject({ mode: 'chat', chatInput: 'Other way?', chat: { turns: [] } });
    expect(draftOfEntry(entry).saved).toBeUndefined();
  });

  it('has the values of the declared variables, their defaults too', () => {
    const variables = [
      { name: 'a', defaultValue: 'default' },
      { name: 'b', defaultValue: '' },
    ];
    const draft = { ...newDraft(), modelId: 'm', text: '{a} {b}', variables, values: { b: 'given', gone: 'x' } };
    expect(submittedPrompt(draft).values).toEqual({ a: 'default', b: 'given' });
  });

  it('keeps a stopped answer as far as it came, and nothing of a failed one', () => {
    const submitted = submittedPrompt(chat);
    expect(entryOf(submitted, 'Ye', { state: 'stopped' })).toMatchObject({ output: 'Ye', stopReason: 'cancelled' });
    expect(entryOf(submitted, '', { state: 'stopped' })).toBeUndefined();
    expect(entryOf(submitted, 'Ye', { state: 'idle' })).toBeUndefined();
  });

  it('is on the page until its answer is cleared', () => {
    const draft: Draft = { ...newDraft(), modelId: 'm', text: 'p', outputs: { freeform: 'Yes.', structured: '' } };
    const entry = entryOf(submittedPrompt(draft), 'Yes.', done);
    if (entry === undefined) throw new Error('there is no entry');
    expect(isShown(draft, entry)).toBe(true);
    expect(isShown({ ...draft, outputs: { freeform: '', structured: '' } }, entry)).toBe(false);
  });
});
