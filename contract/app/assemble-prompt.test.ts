import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemblePrompt, fillVariables, variableNamesIn } from './assemble-prompt.ts';

const structured = {
  mode: 'structured',
  instruction: 'Classify the {thing}.',
  inputPrefix: 'Input:',
  outputPrefix: 'Output:',
  examples: [
    { input: 'good', output: 'positive' },
    { input: 'bad\nvery', output: 'negative' },
  ],
  input: 'fine, {name}',
} as const;

describe('a structured prompt', () => {
  it('is the instruction, the examples and the input, and ends where the model goes on', () => {
    expect(
      assemblePrompt({ ...structured, examples: [...structured.examples] }, { thing: 'review', name: 'Ann' }),
    ).toEqual({
      mode: 'freeform',
      text: 'Classify the review.\n\nInput: good\nOutput: positive\n\nInput: bad\nvery\nOutput: negative\n\nInput: fine, Ann\nOutput:',
    });
  });

  it('leaves out what is empty', () => {
    const bare = { ...structured, instruction: '', inputPrefix: '', outputPrefix: '', examples: [], input: 'x' };
    expect(assemblePrompt(bare)).toEqual({ mode: 'freeform', text: 'x\n' });
  });
});

describe('variables', () => {
  it('are replaced in every message of a chat', () => {
    const messages = [
      { role: 'system' as const, content: 'You are {who}' },
      { role: 'user' as const, content: '{ask} {ask} {other}' },
    ];
    expect(assemblePrompt({ mode: 'chat', messages }, { who: 'kind', ask: '{who}' })).toEqual({
      mode: 'chat',
      messages: [
        { role: 'system', content: 'You are kind' },
        { role: 'user', content: '{who} {who} {other}' },
      ],
    });
  });

  it('leave every other brace as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fillVariables(text, {}) === text));
    expect(fillVariables('{"a": {b}, "c": {{b}}} { b } {__proto__} {toString}', { b: '1' })).toBe(
      '{"a": 1, "c": {1}} { b } {__proto__} {toString}',
    );
  });

  it('are filled in one pass, whatever their values hold', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(fillVariables('<{a}|{b}>', { a: `${one}{b}`, b: other })).toBe(`<${one}{b}|${other}>`);
      }),
    );
  });

  it('are found in a text, each once', () => {
    expect(variableNamesIn('{b} {a} {b} {1} {a-b} {} {{c}}')).toEqual(['b', 'a', 'c']);
  });
});
