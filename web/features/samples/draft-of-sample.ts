import { defaultParameters } from '../prompt-lab/decoding-parameters.ts';
import { type Draft, newDraft } from '../prompt-lab/draft/draft.ts';
import type { Sample } from './samples.ts';

/** A new draft with the sample in it, which nobody has saved. */
export function draftOfSample({ prompt, variables, parameters }: Sample): Draft {
  const shared: Draft = {
    ...newDraft(),
    mode: prompt.mode,
    variables,
    parameters: { ...defaultParameters, ...parameters },
  };
  switch (prompt.mode) {
    case 'freeform':
      return { ...shared, text: prompt.text };
    case 'structured': {
      const { mode: _, examples, ...rest } = prompt;
      return { ...shared, structured: { ...rest, examples: [...examples] } };
    }
    case 'chat':
      return { ...shared, system: prompt.system, chatInput: prompt.question };
  }
}
