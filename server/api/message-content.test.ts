import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { MAX_PROMPT_CHARACTERS } from '../../contract/app/index.ts';
import type { AppError } from '../core/index.ts';
import { chatCompletionRequest, completionRequest } from './openai/requests.ts';
import { parseRequest } from './request-error.ts';
import { textChatRequest } from './watsonx/requests.ts';

/** What is said of it: a line for each field. */
function refusalOf(schema: z.ZodType, body: object): string[] {
  try {
    parseRequest(schema, body);
  } catch (error) {
    return ((error as AppError).details.fields ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
  return [];
}

const openAi = { model: 'publisher/model' };
const watsonx = { model_id: 'publisher/model', project_id: 'p' };
const text = (length: number) => ({ type: 'text', text: 'x'.repeat(length) });
const image = { type: 'image_url', image_url: { url: 'data:' } };

for (const [name, schema, rest] of [
  ['OpenAI', chatCompletionRequest, openAi],
  ['watsonx', textChatRequest, watsonx],
] as const) {
  const refusalOfContent = (content: unknown) => refusalOf(schema, { ...rest, messages: [{ role: 'user', content }] });

  describe(`the content of a message, on ${name}`, () => {
    it('says that an image is not supported, by its place', () => {
      expect(refusalOfContent([text(1), image])).toContain(
        'messages.0.content.1.type: only text parts are supported by this version of Cloister',
      );
    });

    it('says what it may be when it is neither', () => {
      expect(refusalOfContent(5)).toEqual(['messages.0.content: must be a text, or a list of text parts']);
    });

    it('is as long in parts as it may be whole', () => {
      expect(refusalOfContent([text(MAX_PROMPT_CHARACTERS - 1), text(1)])).toEqual([]);
      expect(refusalOfContent([text(MAX_PROMPT_CHARACTERS), text(1)])).toEqual([
        'messages.0.content: must have at most 4000000 characters in all',
      ]);
      expect(refusalOfContent('x'.repeat(MAX_PROMPT_CHARACTERS + 1))).toEqual([
        'messages.0.content: Too big: expected string to have <=4000000 characters',
      ]);
    });
  });
}

describe('what may be one text or several, on OpenAI', () => {
  const messages = [{ role: 'user', content: 'x' }];

  it('says how many stops there may be, and what they may be', () => {
    expect(refusalOf(chatCompletionRequest, { ...openAi, messages, stop: ['1', '2', '3', '4', '5'] })).toEqual([
      'stop: Too big: expected array to have <=4 items',
    ]);
    expect(refusalOf(chatCompletionRequest, { ...openAi, messages, stop: 5 })).toEqual([
      'stop: must be a text, or a list of at most four',
    ]);
    expect(refusalOf(chatCompletionRequest, { ...openAi, messages, stop: ['1', ''] })).toEqual([
      'stop.1: Too small: expected string to have >=1 characters',
    ]);
  });

  it('says that a prompt is one text', () => {
    expect(refusalOf(completionRequest, { ...openAi, prompt: ['one', 'two'] })).toEqual(['prompt: must be one text']);
    expect(refusalOf(completionRequest, { ...openAi, prompt: '' })).toEqual(['prompt: must not be empty']);
    expect(refusalOf(completionRequest, { ...openAi, prompt: { text: 'x' } })).toEqual(['prompt: must be a text']);
  });
});
