/** The code of prompts, run by what it is written for, answers as the Prompt Lab does. */
import { stripTypeScriptTypes } from 'node:module';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CodeLanguage, decodingParameters, type PromptContent } from '../../contract/app/index.ts';
import { promptCodeOf } from '../../server/lab/testing.ts';
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
  const changed = code.replace('"city": "Rome"', '"city": "Oslo"');
  expect(changed).not.toBe(code);
  const other = {
    ...(prompts[0] as PromptContent),
    variables: [{ name: 'city', defaultValue: 'Oslo' }],
  } as PromptContent;
  const hard = prompts[0]?.variables.find(({ name }) => name === 'hard');
  if (hard === undefined) throw new Error('there is no such variable');
  other.variables.push(hard);
  expect(await outputOf(changed, 'python-openai')).toBe(await runs.answerOf(other));
});

it('is read by Python, Node.js and bash as it was meant, whatever the prompt', async () => {
  const texts = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), { numRuns: 60, seed: 5 });
  const codes = (language: CodeLanguage) =>
    texts.map((text) => {
      const content = { ...prompts[0], text, variables: [{ name: 'x', defaultValue: text }] } as PromptContent;
      const place = { siteUrl: 'https://lab.example.org', projectId: runs.projectId };
      return promptCodeOf({ content, values: {}, language }, place).code;
    });
  const python = writeInto(
    runs,
    'python.json',
    JSON.stringify([...codes('python-openai'), ...codes('python-watsonx')]),
  );
  const compile = 'import json, sys\nfor code in json.load(open(sys.argv[1])): compile(code, "snippet", "exec")';
  await runs.run(notebookPython, '-c', compile, python);
  await runs.run('bash', '-n', writeInto(runs, 'all.sh', codes('curl').join('')));
  // Each in a block: what they import is the same, and the rest has the same names.
  const typeScript = [...codes('typescript-openai'), ...codes('typescript-watsonx')]
    .map((code) => `{ ${code.replace(/^import .*$/gm, '')} }`)
    .join('\n');
  await runs.run(process.execPath, '--check', writeInto(runs, 'all.mjs', stripTypeScriptTypes(typeScript)));
});

it('refuses what an SDK has no word for, and names it', async () => {
  const content = { ...prompts[2], parameters: decodingParameters.parse({ minNewTokens: 3 }) };
  const refused = await runs.call('/prompt-code', { content, language: 'typescript-watsonx' });
  expect(refused.status).toBe(409);
  expect(await refused.text()).toContain('minNewTokens');
});
