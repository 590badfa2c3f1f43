import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptContent } from '../../../../contract/app/prompts.ts';
import { withTurn } from './chat-tree.ts';
import { contentOf, type Draft, draftOf, hasChanges, type LabMode, newDraft } from './draft.ts';
import { switchMode } from './draft-modes.ts';

const modes: readonly LabMode[] = ['freeform', 'structured', 'chat'];
const words = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const texts = fc.record({
  text: words,
  instruction: words,
  input: words,
  output: words,
  system: words,
  question: words,
});

const questionId = '00000000-0000-4000-8000-000000000001';
const filled = (said: { [name: string]: string }): Draft => {
  const { text = '', instruction = '', input = '', output = '', system = '', question = '' } = said;
  const empty = newDraft();
  return {
    ...empty,
    modelId: 'model',
    text,
    structured: { ...empty.structured, instruction, input, examples: [{ input, output }] },
    system,
    chat: withTurn(empty.chat, { id: questionId, parentId: null, role: 'user', content: question }),
    chatInput: question,
  };
};

describe('switching the mode', () => {
  it('keeps every text, whatever the order', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.constantFrom(...modes), { maxLength: 12 }), (said, visited) => {
        const before = filled(said);
        const after = visited.reduce(switchMode, before);
        expect({ ...after, mode: before.mode }).toEqual(before);
      }),
    );
  });

  it('hands the words of the first mode to each empty one, once', () => {
    fc.assert(
      fc.property(words, fc.array(fc.constantFrom(...modes), { maxLength: 12 }), (text, visited) => {
        const after = visited.reduce(switchMode, { ...newDraft(), text });
        expect(after.text).toBe(text);
        expect(['', text]).toContain(after.structured.instruction);
        expect(['', text]).toContain(after.chatInput);
        if (after.mode === 'structured') expect(after.structured.instruction).toBe(text);
        if (after.mode === 'chat') expect(after.chatInput).toBe(text);
      }),
    );
  });

  it('makes one text of a structured prompt and of a chat', () => {
    const said = {
      instruction: 'Translate.',
      input: 'garden',
      output: 'jardin',
      system: 'Be brief.',
      question: 'Why?',
    };
    const structured = switchMode({ ...filled(said), text: '', mode: 'structured' }, 'freeform');
    expect(structured.text).toBe('Translate.\n\nInput: garden\nOutput: jardin\n\nInput: garden\nOutput:');
    const chat = switchMode({ ...filled(said), text: '', mode: 'chat' }, 'freeform');
    expect(chat.text).toBe('Be brief.\n\nUser: Why?\n\nUser: Why?\n\nAssistant:');
  });
});

describe('a saved prompt', () => {
  it('opens as it was saved, in every mode, and has no changes then', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(...modes), (said, mode) => {
        const content = contentOf({ ...filled(said), mode });
        expect(promptContent.parse(content)).toEqual(content);
        const summary = { id: questionId, name: 'Saved', description: '', sizeBytes: 1, createdAt: '', createdBy: '' };
        const settings = { autosaves: false, keepsVersions: false };
        const opened = draftOf({ ...summary, updatedAt: '', revision: 1, settings, content });
        expect(contentOf(opened)).toEqual(content);
        expect(hasChanges(opened)).toBe(false);
        expect(hasChanges({ ...opened, modelId: 'another' })).toBe(true);
      }),
    );
  });
});
