/** The code of prompts, run by what it is written for, answers as the Prompt Lab does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CodeLanguage, decodingParameters, type PromptContent } from '../../contract/app/index.ts';
import { type CodeRuns, notebookPython, prompts, startCodeRuns, writeInto } from '../support/code-runs.ts';

const languages: readonly CodeLanguage[] = [
  'curl',
  'python-openai',
  'python-watsonx',
  'typescript-openai',
  'typescript-watsonx',
];

let runs: CodeRuns;
beforeAll(async () => {
  runs = await startCodeRuns();
});
afterAll(() => runs?.remove());

/** What the code prints; of curl's answer, the text in it. */
async function outputOf(code: string, language: CodeLanguage): Promise<string> {
  if (language === 'curl') return textIn(JSON.parse(await runs.run('bash', writeInto(runs, 'snippet.sh', code))));
  if (language.startsWith('python')) return runs.run(notebookPython, writeInto(runs, 'snippet.py', code));
  return runs.run(process.execPath, writeInto(runs, 'snippet.mts', code));
}

const curlAnswer = z.union([
  z.object({ results: z.tuple([z.object({ generated_text: z.string() })]) }),
  z.object({ choices: z.tuple([z.object({ message: z.object({ content: z.string() }) })]) }),
]);

function textIn(answer: unknown): string {
  const read = curlAnswer.parse(answer);
  return 'results' in read ? read.results[0].generated_text : read.choices[0].message.content;
}

describe.each(prompts.map((content) => [content.mode, content] as const))('%s', (_mode, content) => {
  let expected: string;
  beforeAll(async () => {
    expected = await runs.answerOf(content);
    expect(expected.trim()).not.toBe('');
  });

  it.each(languages)('answers the same by %s', async (language) => {
    const { code, notes } = await runs.codeOf(content, language);
    expect(code).not.toContain(runs.apiKey);
    expect(notes[0]).toContain('CLOISTER_API_KEY');
    expect(await outputOf(code, language)).toBe(expected);
  });
});

it('keeps variables apart, so that other values can be filled in', async () => {
  const { code } = await runs.codeOf(prompts[0] as PromptContent, 'python-openai');
  const [changed] = [code.replace('"city": "Rome"', '"city": "Oslo"')];
  expect(changed).not.toBe(code);
  const other = {
    ...(prompts[0] as PromptContent),
    variables: [{ name: 'city', defaultValue: 'Oslo' }],
  } as PromptContent;
  const hard = prompts[0]?.variables.find(({ name }) => name === 'hard');
  if (hard === undefined) throw new Error('there is no such variable');
  other.variables.push(hard);
  expect(await outputOf(changed ?? '', 'python-openai')).toBe(await runs.answerOf(other));
});

it('refuses what an SDK has no word for, and names it', async () => {
  const content = { ...prompts[2], parameters: decodingParameters.parse({ minNewTokens: 3 }) };
  const refused = await runs.call('/prompt-code', { content, language: 'typescript-watsonx' });
  expect(refused.status).toBe(409);
  expect(await refused.text()).toContain('minNewTokens');
});
