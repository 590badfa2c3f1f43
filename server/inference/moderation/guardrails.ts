import type { Confidential } from '../../core/index.ts';
import type { Finding, FindingKind } from './moderation.ts';

/** What is done where a check finds something: the characters replaced by `*`, or the whole text refused. */
export type GuardrailAction = 'mask' | 'block';

export type GuardrailRule = {
  readonly kind: FindingKind;
  readonly action: GuardrailAction;
  /** The score from which a finding counts, 0 to 1. */
  readonly threshold: number;
};

/** The checks that a request asks for, of its prompt and of the answer. */
export type Guardrails = {
  readonly input: readonly GuardrailRule[];
  readonly output: readonly GuardrailRule[];
  /** Only what lies in one of these ranges of the prompt (UTF-16 units) counts; absent: all of it. */
  readonly inputRanges?: readonly { readonly start: number; readonly end: number }[];
};

/** Something was found, and this was done. Told before the text that it is in. */
export type GuardrailEvent = Finding & {
  readonly type: 'guardrail';
  readonly on: 'input' | 'output';
  readonly action: GuardrailAction;
  /** The words found, for a surface whose answers quote them to the one who sent or asked for them. */
  readonly words: Confidential<string>;
};

/** The rule that a finding falls under, if it counts. */
export function ruleFor(finding: Finding, rules: readonly GuardrailRule[]): GuardrailRule | undefined {
  return rules.find(({ kind, threshold }) => kind === finding.kind && finding.score >= threshold);
}

/**
 * The text with a `*` for each UTF-16 unit of the places, so that all positions stay what they were.
 * @param places begin and end at whole characters; may overlap
 */
export function masked(text: string, places: readonly { readonly start: number; readonly end: number }[]): string {
  let result = '';
  let position = 0;
  for (const { start, end } of [...places].sort((one, other) => one.start - other.start)) {
    if (end <= position) continue;
    const from = Math.max(start, position);
    result += text.slice(position, from) + '*'.repeat(end - from);
    position = end;
  }
  return result + text.slice(position);
}
