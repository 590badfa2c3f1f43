/** Notebooks of prompts, run by Jupyter's own client, answer as the Prompt Lab does. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { NotebookSdk } from '../../contract/app/index.ts';
import { type CodeRuns, notebookPython, prompts, startCodeRuns, writeInto } from '../support/code-runs.ts';

const sdks: readonly NotebookSdk[] = ['ibm-watsonx-ai', 'openai'];
const script = new URL('../python/run-notebooks.py', import.meta.url).pathname;

let runs: CodeRuns;
beforeAll(async () => {
  runs = await startCodeRuns();
});
afterAll(() => runs?.remove());

it.each(sdks)('runs in every mode with %s', async (sdk) => {
  const paths: string[] = [];
  const expected: string[] = [];
  for (const content of prompts) {
    const { asset, text } = await runs.notebookOf(content, sdk);
    expect(asset).toMatchObject({ type: 'notebook', mediaType: 'application/x-ipynb+json' });
    expect(text).not.toContain(runs.apiKey);
    paths.push(writeInto(runs, `${content.mode}.ipynb`, text));
    expected.push(await runs.answerOf(content));
  }
  const outputs = z.array(z.string()).parse(JSON.parse(await runs.run(notebookPython, script, ...paths)));
  expect(outputs).toEqual(expected);
});
