import {
  type AssembledPrompt,
  assemblePrompt,
  type DecodingParameters,
  type PromptContent,
  promptInputOf,
  type VariableValues,
  valuesOf,
} from '../../../contract/app/index.ts';
import { AppError } from '../../core/index.ts';

/** What code has to say to run a prompt: everything but how a language says it. */
export type PromptRun = {
  /** Where the server is, without a slash at the end. */
  readonly siteUrl: string;
  readonly projectId: string;
  readonly modelId: string;
  /** The prompt as it is sent. */
  readonly filled: AssembledPrompt;
  /** The prompt with `{name}` for each of `variables`; filling it gives `filled`. */
  readonly template: AssembledPrompt;
  /** None where the prompt cannot be told apart from their values. */
  readonly variables: VariableValues;
  readonly parameters: DecodingParameters;
  readonly notes: readonly string[];
};

/**
 * @param given values of variables, instead of their defaults
 * @throws AppError `failed-precondition` (reason `nothing-to-run`, or `not-in-code` where no code can say what the prompt asks)
 */
export function promptRunOf(
  content: PromptContent,
  given: VariableValues,
  place: { readonly siteUrl: string; readonly projectId: string },
): PromptRun {
  if (Object.keys(content.guardrails).length > 0) throw cannotSay('guardrails', 'the code of a prompt');
  const input = promptInputOf(content);
  const values = valuesOf(content.variables, given);
  const filled = upToTheQuestion(assemblePrompt(input, values));
  if (isEmpty(filled)) {
    throw new AppError('failed-precondition', 'There is no prompt yet that code could run. Write one first.', {
      details: { reason: 'nothing-to-run' },
    });
  }
  const template = upToTheQuestion(assemblePrompt(input));
  // Not so where a value is empty and its line goes with it, or where a prefix has a variable's name in braces.
  const canBeFilled = JSON.stringify(fill(template, values)) === JSON.stringify(filled);
  const { modelId, parameters } = content;
  const isKept = content.variables.length > 0 && canBeFilled;
  return {
    ...place,
    modelId,
    parameters,
    filled,
    template: isKept ? template : filled,
    variables: isKept ? values : {},
    notes:
      content.variables.length > 0 && !canBeFilled ? ['The values of the variables are part of the prompt here.'] : [],
  };
}

/**
 * @param parameter its name in the contract
 * @param where the SDK or API that has no word for it
 */
export function cannotSay(
  parameter: string,
  where: string,
  advice = 'Set it back, or choose another language.',
): AppError {
  return new AppError(
    'failed-precondition',
    `${where} cannot carry ${parameter}, and would answer otherwise without it. ${advice}`,
    {
      details: {
        reason: 'not-in-code',
        fields: [{ field: `content.${parameter}`, message: `cannot be said in ${where}` }],
      },
    },
  );
}

/** A conversation without its last answer, which is what the code is to get. */
function upToTheQuestion(prompt: AssembledPrompt): AssembledPrompt {
  if (prompt.mode !== 'chat') return prompt;
  const last = prompt.messages.findLastIndex(({ role }) => role === 'user');
  return { mode: 'chat', messages: prompt.messages.slice(0, last + 1) };
}

function isEmpty(prompt: AssembledPrompt): boolean {
  return prompt.mode === 'chat' ? prompt.messages.length === 0 : prompt.text === '';
}

function fill(prompt: AssembledPrompt, values: VariableValues): AssembledPrompt {
  return assemblePrompt(prompt, values);
}
