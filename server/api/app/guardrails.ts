import type { GuardrailFinding, Guardrails as RequestedGuardrails } from '../../../contract/app/index.ts';
import { invalidField } from '../../core/index.ts';
import type { GuardrailEvent, GuardrailRule, Guardrails } from '../../inference/index.ts';

/** Personal data is found by its form, or not: what was found counts, however sure it is. */
const ANY_SCORE = 0;

/**
 * The guardrails that a request of the app asks for.
 * @param parameters.logProbabilities cannot be had of a checked answer: tokens would spell what a mask hides
 * @throws AppError `invalid-argument` when both are asked for
 */
export function toGuardrails(
  { personalData, hateAbuseProfanity }: RequestedGuardrails,
  parameters: { readonly logProbabilities?: number | undefined },
): Guardrails {
  const rules = (side: 'input' | 'output'): GuardrailRule[] => [
    ...ruleOf('personal-data', personalData?.[side], ANY_SCORE),
    ...ruleOf('hate-abuse-profanity', hateAbuseProfanity?.[side], hateAbuseProfanity?.threshold ?? ANY_SCORE),
  ];
  const guardrails = { input: rules('input'), output: rules('output') };
  if (guardrails.output.length > 0 && parameters.logProbabilities !== undefined)
    throw invalidField(
      'parameters.logProbabilities',
      'cannot be told of an answer that a guardrail checks; leave it out, or the guardrails of the output',
    );
  return guardrails;
}

function ruleOf(
  kind: GuardrailRule['kind'],
  action: GuardrailRule['action'] | undefined,
  threshold: number,
): GuardrailRule[] {
  return action === undefined ? [] : [{ kind, action, threshold }];
}

/** What a guardrail found, as the app's wire shape: without the words. */
export function toGuardrailFinding(event: GuardrailEvent): GuardrailFinding {
  const { on, kind, entity, start, end, score, action } = event;
  return { on, kind, entity, start, end, score, action };
}
