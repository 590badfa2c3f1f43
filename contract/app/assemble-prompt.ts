import type { z } from 'zod';
import type { promptInput, StructuredPrompt, VariableValues } from './generation.ts';

type PromptInput = z.infer<typeof promptInput>;
/** A prompt as an engine takes it. */
export type AssembledPrompt = Exclude<PromptInput, { mode: 'structured' }>;

/**
 * Puts the values of variables into a prompt and makes one text of a structured one. The same everywhere: the server does it before it
 * runs a prompt, the page and the command line before they show one.
 */
export function assemblePrompt(prompt: PromptInput, values: VariableValues = {}): AssembledPrompt {
  switch (prompt.mode) {
    case 'freeform':
      return { mode: 'freeform', text: fillVariables(prompt.text, values) };
    case 'structured':
      return { mode: 'freeform', text: structuredText(prompt, values) };
    case 'chat':
      return {
        mode: 'chat',
        messages: prompt.messages.map(({ role, content }) => ({ role, content: fillVariables(content, values) })),
      };
  }
}

/**
 * Replaces `{name}` by the value of `name` where there is one. One pass: braces in a value stay, and so does every other brace, such as
 * those of JSON.
 */
export function fillVariables(text: string, values: VariableValues): string {
  return text.replace(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (braces, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? braces) : braces,
  );
}

/** The names between braces that could be variables, each once, in the order of the text. */
export function variableNamesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\{([A-Za-z_][A-Za-z0-9_]{0,39})\}/g)].map(([, name]) => name ?? ''))];
}

/**
 * Watsonx's form: the instruction, a blank line, each example and then the input with their prefixes, and the last output's prefix for the
 * model to go on from. What is empty is left out, with its blank line.
 */
function structuredText(prompt: StructuredPrompt, values: VariableValues): string {
  const { inputPrefix, outputPrefix } = prompt;
  const fill = (text: string) => fillVariables(text, values);
  const line = (prefix: string, text: string) => (prefix === '' ? text : text === '' ? prefix : `${prefix} ${text}`);
  const examples = prompt.examples.map(
    ({ input, output }) => `${line(inputPrefix, fill(input))}\n${line(outputPrefix, fill(output))}`,
  );
  const last = `${line(inputPrefix, fill(prompt.input))}\n${outputPrefix}`;
  const instruction = fill(prompt.instruction);
  return [...(instruction === '' ? [] : [instruction]), ...examples, last].join('\n\n');
}
