import { z } from 'zod';
import { invalidField } from '../../core/index.ts';
import type { GuardrailAction, GuardrailEvent, GuardrailRule, Guardrails } from '../../inference/index.ts';

/*
 * `moderations` of text generation, by IBM's published SDK (@ibm-cloud/watsonx-ai, `types/vml_v1.d.ts`): `Moderations` in requests,
 * `ModerationResults` in answers, and the warnings that IBM's Python SDK shows (`system.warnings`). The code that IBM's Prompt Lab writes
 * has `mask` and `threshold` in `input` and `output`, for `pii` as well; both places are read.
 */

const mask = z.strictObject({ remove_entity_value: z.boolean().default(false) });
const side = z.strictObject({
  enabled: z.boolean().default(true),
  threshold: z.number().min(0).max(1).optional(),
  mask: mask.optional(),
});
const moderation = z.strictObject({ input: side.optional(), output: side.optional(), mask: mask.optional() });
type Moderation = z.infer<typeof moderation>;

const MAX_RANGES = 1000;
const range = z
  .strictObject({ start: z.int().min(0), end: z.int().min(0) })
  .refine(({ start, end }) => start <= end, { path: ['end'], error: 'must not be before start' });

/** The field `moderations` of a request. */
export const moderationsField = z
  .strictObject({
    hap: moderation.optional(),
    pii: moderation.optional(),
    input_ranges: z.array(range).max(MAX_RANGES).optional(),
  })
  .optional();

/** What a request's moderations ask for, and which words the answer leaves out. */
export type WatsonxModerations = {
  readonly guardrails: Guardrails;
  readonly hidesWords: (finding: GuardrailEvent) => boolean;
};

const HAP_THRESHOLD = 0.5;
/** Personal data is found by its form, or not: what was found counts, however sure it is. */
const PII_THRESHOLD = 0;

/**
 * Reads `moderations`. As IBM says, an object that is there is enabled, and what is found is masked where `mask` is there; where it is not,
 * a finding refuses the prompt or ends the answer.
 * @param wantsTokens tokens of a checked answer cannot be told: they would spell what a mask hides
 * @throws AppError `invalid-argument` when tokens of a checked answer are asked for
 */
export function readModerations(
  given: z.infer<typeof moderationsField>,
  { wantsTokens }: { readonly wantsTokens: boolean },
): WatsonxModerations {
  const rules = (name: 'input' | 'output'): GuardrailRule[] => [
    ...ruleOf('hate-abuse-profanity', given?.hap, name, HAP_THRESHOLD),
    ...ruleOf('personal-data', given?.pii, name, PII_THRESHOLD),
  ];
  const guardrails = { input: rules('input'), output: rules('output') };
  if (guardrails.output.length > 0 && wantsTokens)
    throw invalidField(
      'parameters.return_options.generated_tokens',
      'cannot be told of an answer that moderations check; leave it out, or the moderations of the output',
    );
  return {
    guardrails: given?.input_ranges === undefined ? guardrails : { ...guardrails, inputRanges: given.input_ranges },
    hidesWords: ({ kind, on }) =>
      maskOf(kind === 'personal-data' ? given?.pii : given?.hap, on)?.remove_entity_value ?? false,
  };
}

function ruleOf(
  kind: GuardrailRule['kind'],
  given: Moderation | undefined,
  name: 'input' | 'output',
  usualThreshold: number,
): GuardrailRule[] {
  const asked = given?.[name];
  if (asked === undefined || !asked.enabled) return [];
  const action: GuardrailAction = maskOf(given, name) === undefined ? 'block' : 'mask';
  return [{ kind, action, threshold: asked.threshold ?? usualThreshold }];
}

function maskOf(given: Moderation | undefined, name: 'input' | 'output'): z.infer<typeof mask> | undefined {
  return given?.[name]?.mask ?? given?.mask;
}

/** `moderations` of a result, absent where nothing was found. IBM's answers quote the words, to the caller whose text they are in. */
export function moderationResults(
  findings: readonly GuardrailEvent[],
  hidesWords: (finding: GuardrailEvent) => boolean,
) {
  if (findings.length === 0) return {};
  const shape = (finding: GuardrailEvent) => ({
    score: finding.score,
    input: finding.on === 'input',
    position: { start: finding.start, end: finding.end },
    entity: finding.kind === 'personal-data' ? finding.entity : 'has_HAP',
    ...(hidesWords(finding) ? {} : { word: finding.words.reveal('write-response') }),
  });
  const of = (kind: GuardrailEvent['kind']) => findings.filter((finding) => finding.kind === kind).map(shape);
  const results = { hap: of('hate-abuse-profanity'), pii: of('personal-data') };
  return {
    moderations: {
      ...(results.hap.length > 0 ? { hap: results.hap } : {}),
      ...(results.pii.length > 0 ? { pii: results.pii } : {}),
    },
  };
}

/** `system` of an answer in which moderations blocked something, which IBM's Python SDK shows as a warning; absent in others. */
export function moderationWarnings(findings: readonly GuardrailEvent[]) {
  const blocked = findings.find(({ action }) => action === 'block');
  if (blocked === undefined) return {};
  const warning =
    blocked.on === 'input'
      ? {
          id: 'UNSUITABLE_INPUT',
          message:
            'Unsuitable input detected. Look at the positions in `moderations`, change the input there and try again, or mask it.',
        }
      : {
          id: 'UNSUITABLE_OUTPUT',
          message: 'Unsuitable output detected. The answer ends before it; mask the output to get the rest.',
        };
  return { system: { warnings: [warning] } };
}
