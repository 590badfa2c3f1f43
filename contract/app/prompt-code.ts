import { z } from 'zod';
import { description, displayName } from './common.ts';
import { variableValues } from './generation.ts';
import { promptContent } from './prompts.ts';

/** A language and, where there are two, the SDK. */
export const codeLanguage = z.enum([
  'curl',
  'python-openai',
  'python-watsonx',
  'typescript-openai',
  'typescript-watsonx',
]);
export type CodeLanguage = z.infer<typeof codeLanguage>;

/** `POST /projects/{projectId}/prompt-code`: code that runs this prompt. Nothing of it is stored. */
export const promptCodeRequest = z.strictObject({
  content: promptContent,
  values: variableValues.default({}),
  language: codeLanguage,
});
export const promptCode = z.strictObject({
  code: z.string(),
  notes: z.array(z.string()).describe('What to know before running it, such as the packages that it needs'),
});
export type PromptCode = z.infer<typeof promptCode>;

export const notebookSdk = z.enum(['ibm-watsonx-ai', 'openai']);
export type NotebookSdk = z.infer<typeof notebookSdk>;

/** `POST /projects/{projectId}/notebooks`: saves a Jupyter notebook in Python that runs this prompt, as an asset. */
export const saveNotebookRequest = z.strictObject({
  name: displayName,
  description: description.default(''),
  content: promptContent,
  values: variableValues.default({}),
  sdk: notebookSdk,
});
