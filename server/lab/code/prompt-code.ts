import type { CodeLanguage, PromptCode, PromptContent, VariableValues } from '../../../contract/app/index.ts';
import { type CodeParts, joinParts } from './code-parts.ts';
import { curlCode } from './curl-code.ts';
import { type PromptRun, promptRunOf } from './prompt-run.ts';
import { pythonOpenAiCode, pythonWatsonxCode } from './python-code.ts';
import { typeScriptOpenAiCode, typeScriptWatsonxCode } from './typescript-code.ts';

const languages: Record<Exclude<CodeLanguage, 'curl'>, (run: PromptRun) => CodeParts> = {
  'python-openai': pythonOpenAiCode,
  'python-watsonx': pythonWatsonxCode,
  'typescript-openai': typeScriptOpenAiCode,
  'typescript-watsonx': typeScriptWatsonxCode,
};

const KEY_NOTE = 'Reads the API key from the environment variable CLOISTER_API_KEY.';

/**
 * Code that runs a prompt and prints the answer. It holds no key.
 * @throws AppError `failed-precondition` (reason `nothing-to-run`, or `not-in-code` where the answer would be another)
 */
export function promptCodeOf(
  prompt: { readonly content: PromptContent; readonly values: VariableValues; readonly language: CodeLanguage },
  place: { readonly siteUrl: string; readonly projectId: string },
): PromptCode {
  const run = promptRunOf(prompt.content, prompt.values, place);
  if (prompt.language === 'curl') {
    const { code, notes } = curlCode(run);
    return { code, notes: [KEY_NOTE, ...unique([...notes, ...run.notes])] };
  }
  const parts = languages[prompt.language](run);
  return { code: joinParts(parts), notes: [KEY_NOTE, ...unique([...parts.notes, ...run.notes])] };
}

function unique(notes: readonly string[]): string[] {
  return [...new Set(notes)];
}
