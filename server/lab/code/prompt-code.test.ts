import { describe, expect, it } from 'vitest';
import {
  type CodeLanguage,
  codeLanguage,
  type DecodingParameters,
  decodingParameters,
  type PromptContent,
} from '../../../contract/app/index.ts';
import { AppError } from '../../core/index.ts';
import { promptCodeOf } from './prompt-code.ts';

const place = { siteUrl: 'https://lab.example.org', projectId: 'p1' };

function prompt(mode: 'freeform' | 'chat', given: Partial<DecodingParameters> = {}): PromptContent {
  const shared = { modelId: 'm', variables: [], guardrails: {}, parameters: decodingParameters.parse(given) };
  if (mode === 'freeform') return { ...shared, mode, text: 'Hello' };
  const turns = [{ id: 'a', parentId: null, role: 'user' as const, content: 'Hello' }];
  return { ...shared, mode, system: '', turns, leafId: 'a' };
}

function code(content: PromptContent, language: CodeLanguage, at = place) {
  return promptCodeOf({ content, values: {}, language }, at);
}

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('parameters', () => {
  it.each([
    ['freeform', 'curl', { frequencyPenalty: 1 }, 'frequencyPenalty'],
    ['freeform', 'python-watsonx', { responseFormat: { type: 'json_object' } }, 'responseFormat'],
    ['freeform', 'python-openai', { lengthPenalty: { decayFactor: 1.5, startIndex: 3 } }, 'lengthPenalty'],
    ['freeform', 'typescript-openai', { timeLimit: 1000 }, 'timeLimit'],
    ['freeform', 'typescript-openai', { stopSequences: ['a', 'b', 'c', 'd', 'e'] }, 'stopSequences'],
    ['chat', 'typescript-watsonx', { minNewTokens: 2 }, 'minNewTokens'],
    ['chat', 'curl', { truncateInputTokens: 50 }, 'truncateInputTokens'],
    ['chat', 'curl', { stopSequences: ['a'] }, 'includeStopSequence'],
  ] as const)('%s by %s refuses and names what it has no word for', (mode, language, given, name) => {
    const error = refusal(() => code(prompt(mode, given as Partial<DecodingParameters>), language));
    expect(error.code).toBe('failed-precondition');
    expect(error.details.reason).toBe('not-in-code');
    expect(error.message).toContain(name);
  });

  it('carries by vLLM’s names what OpenAI has none for', () => {
    const given = {
      decodingMethod: 'sample',
      topK: 7,
      minNewTokens: 2,
      repetitionPenalty: 1.5,
      stopSequences: ['.'],
    } as const;
    for (const language of ['python-openai', 'typescript-openai'] as const) {
      const { code: text } = code(prompt('freeform', { ...given, stopSequences: [...given.stopSequences] }), language);
      expect(text).toMatch(/top_k"?: 7/);
      expect(text).toMatch(/min_tokens"?: 2/);
      expect(text).toMatch(/repetition_penalty"?: 1.5/);
      expect(text).toMatch(/include_stop_str_in_output"?: [Tt]rue/);
    }
  });

  it('says in a note that watsonx chat draws without top K', () => {
    const { notes } = code(prompt('chat', { decodingMethod: 'sample' }), 'typescript-watsonx');
    expect(notes.join(' ')).toContain('Top K');
  });
});

it('refuses guardrails, which no code carries yet', () => {
  const content = { ...prompt('freeform'), guardrails: { personalData: { input: 'block' as const } } };
  for (const language of codeLanguage.options) {
    expect(refusal(() => code(content, language)).message).toContain('guardrails');
  }
});

it('says that IBM’s Python SDK takes addresses with TLS alone', () => {
  const local = { ...place, siteUrl: 'http://127.0.0.1:8080' };
  expect(refusal(() => code(prompt('freeform'), 'python-watsonx', local)).message).toContain('https');
  expect(code(prompt('freeform'), 'python-openai', local).code).toContain('"http://127.0.0.1:8080/v1"');
});

it('refuses a prompt of nothing', () => {
  const empty = { ...prompt('freeform'), text: '' } as PromptContent;
  expect(refusal(() => code(empty, 'curl')).details.reason).toBe('nothing-to-run');
});

it('puts the values into the prompt where filling it later would make another', () => {
  const content: PromptContent = {
    ...prompt('freeform'),
    mode: 'structured',
    variables: [{ name: 'task', defaultValue: '' }],
    instruction: '{task}',
    inputPrefix: 'Input:',
    outputPrefix: 'Output:',
    examples: [],
    input: 'x',
  } as PromptContent;
  Reflect.deleteProperty(content, 'text');
  const { code: text, notes } = code(content, 'python-openai');
  expect(text).not.toContain('variables');
  expect(text).toContain('"Input: x\\n"');
  expect(notes.join(' ')).toContain('part of the prompt');
});
