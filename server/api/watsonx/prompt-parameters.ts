import { z } from 'zod';
import { type DecodingParameters, decodingParameters, type ResponseFormat } from '../../../contract/app/index.ts';
import { withoutUndefined } from '../optional.ts';

const { shape } = decodingParameters;
/** As text generation writes it: a length penalty that is not set is absent. */
const lengthPenalty = z
  .strictObject({
    decay_factor: shape.lengthPenalty.unwrap().shape.decayFactor,
    start_index: shape.lengthPenalty.unwrap().shape.startIndex,
  })
  .transform(({ decay_factor: decayFactor, start_index: startIndex }) => ({ decayFactor, startIndex }));
const notAsked = z.literal(false, 'is not supported by this version of Cloister').optional();
const returnOptions = z
  .strictObject({
    generated_tokens: z.boolean().default(false),
    token_logprobs: z.boolean().default(false),
    top_n_tokens: z.int().min(0).max(5).default(0),
    input_text: notAsked,
    input_tokens: notAsked,
    token_ranks: notAsked,
  })
  .transform((asked) => (asked.generated_tokens && asked.token_logprobs ? asked.top_n_tokens : undefined));
/** A schema that is no valid JSON yet is a text, as somebody is typing it. */
const responseFormat = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.object({ schema: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
    }),
  ])
  .transform((format): unknown =>
    format.type === 'json_schema' ? { type: format.type, schema: textOf(format.json_schema.schema) } : format,
  )
  .pipe(shape.responseFormat);

/**
 * `model_parameters` of a saved prompt: the names of text generation, and of chat for what only chat has. What is not given is as the Prompt
 * Lab begins.
 */
export const promptParameters = z
  .strictObject({
    decoding_method: shape.decodingMethod,
    max_new_tokens: shape.maxNewTokens,
    min_new_tokens: shape.minNewTokens,
    temperature: shape.temperature,
    top_k: shape.topK,
    top_p: shape.topP,
    repetition_penalty: shape.repetitionPenalty,
    random_seed: shape.randomSeed,
    stop_sequences: shape.stopSequences,
    include_stop_sequence: shape.includeStopSequence,
    frequency_penalty: shape.frequencyPenalty,
    presence_penalty: shape.presencePenalty,
    length_penalty: lengthPenalty.optional(),
    time_limit: shape.timeLimit,
    truncate_input_tokens: shape.truncateInputTokens,
    return_options: returnOptions.optional(),
    response_format: responseFormat.optional(),
  })
  .refine((given) => given.min_new_tokens <= given.max_new_tokens, {
    path: ['min_new_tokens'],
    error: 'must not be more than max_new_tokens',
  })
  .transform(
    (given): DecodingParameters =>
      withoutUndefined({
        decodingMethod: given.decoding_method,
        maxNewTokens: given.max_new_tokens,
        minNewTokens: given.min_new_tokens,
        temperature: given.temperature,
        topK: given.top_k,
        topP: given.top_p,
        repetitionPenalty: given.repetition_penalty,
        randomSeed: given.random_seed,
        stopSequences: given.stop_sequences,
        includeStopSequence: given.include_stop_sequence,
        frequencyPenalty: given.frequency_penalty,
        presencePenalty: given.presence_penalty,
        lengthPenalty: given.length_penalty,
        timeLimit: given.time_limit,
        truncateInputTokens: given.truncate_input_tokens,
        logProbabilities: given.return_options,
        responseFormat: given.response_format ?? { type: 'text' as const },
      }) as DecodingParameters,
  );

/**
 * Parameters as `model_parameters`: the nine of IBM's `PromptModelParameters`, and of the others what is not at its default.
 * @param isRestricted the nine only
 */
export function modelParametersOf(parameters: DecodingParameters, isRestricted: boolean): object {
  const nine = withoutUndefined({
    decoding_method: parameters.decodingMethod,
    max_new_tokens: parameters.maxNewTokens,
    min_new_tokens: parameters.minNewTokens,
    random_seed: parameters.randomSeed,
    stop_sequences: parameters.stopSequences,
    temperature: parameters.temperature,
    top_k: parameters.topK,
    top_p: parameters.topP,
    repetition_penalty: parameters.repetitionPenalty,
  });
  if (isRestricted) return nine;
  const { includeStopSequence, lengthPenalty: penalty, logProbabilities, responseFormat: format } = parameters;
  return withoutUndefined({
    ...nine,
    include_stop_sequence: includeStopSequence ? undefined : false,
    frequency_penalty: parameters.frequencyPenalty || undefined,
    presence_penalty: parameters.presencePenalty || undefined,
    length_penalty:
      penalty === undefined ? undefined : { decay_factor: penalty.decayFactor, start_index: penalty.startIndex },
    time_limit: parameters.timeLimit,
    truncate_input_tokens: parameters.truncateInputTokens,
    return_options:
      logProbabilities === undefined
        ? undefined
        : { generated_tokens: true, token_logprobs: true, top_n_tokens: logProbabilities },
    response_format: responseFormatOf(format),
  });
}

function responseFormatOf(format: ResponseFormat): object | undefined {
  if (format.type === 'text') return undefined;
  return format.type === 'json_object'
    ? format
    : { type: format.type, json_schema: { name: 'answer', schema: schemaOf(format.schema) } };
}

function textOf(schema: string | object): string {
  return typeof schema === 'string' ? schema : JSON.stringify(schema);
}

/** As an object where that comes back as the same text, so that nothing is lost on the way out and in. */
function schemaOf(text: string): string | object {
  try {
    const parsed: unknown = JSON.parse(text);
    const isSame = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isSame && JSON.stringify(parsed) === text ? parsed : text;
  } catch {
    return text;
  }
}
