import type { DecodingParameters } from '../../../contract/app/index.ts';
import type { Json } from './literals.ts';
import { cannotSay } from './prompt-run.ts';

/*
 * Decoding parameters in the words of the APIs that SDKs speak. What is at its default, or plays no part in greedy decoding, is left out. What
 * an API has no word for is refused where it changes the answer.
 */

type Parameters = { readonly [name: string]: Json };

/** Of `POST /ml/v1/text/generation` (`TextGenParameters` in IBM's SDKs). */
export function watsonxGenerationParameters(given: DecodingParameters): Parameters {
  const where = 'watsonx text generation';
  refuseOf(given, where, ['frequencyPenalty', 'presencePenalty', 'responseFormat']);
  const { lengthPenalty, logProbabilities } = given;
  return defined({
    decoding_method: given.decodingMethod,
    max_new_tokens: given.maxNewTokens,
    min_new_tokens: unless(0, given.minNewTokens),
    ...(isSampled(given)
      ? { temperature: given.temperature, top_k: given.topK, top_p: given.topP, random_seed: given.randomSeed }
      : {}),
    repetition_penalty: unless(1, given.repetitionPenalty),
    stop_sequences: given.stopSequences.length === 0 ? undefined : given.stopSequences,
    include_stop_sequence: given.stopSequences.length === 0 ? undefined : given.includeStopSequence,
    length_penalty: lengthPenalty && { decay_factor: lengthPenalty.decayFactor, start_index: lengthPenalty.startIndex },
    time_limit: given.timeLimit,
    truncate_input_tokens: given.truncateInputTokens,
    return_options:
      logProbabilities === undefined
        ? undefined
        : { generated_tokens: true, token_logprobs: true, top_n_tokens: logProbabilities },
  });
}

/** Of `POST /ml/v1/text/chat` (`TextChatParameters`). Top K has no word there, which a note says: it plays a part in sampling only. */
export function watsonxChatParameters(given: DecodingParameters): { parameters: Parameters; notes: readonly string[] } {
  const where = 'watsonx chat';
  refuseOf(given, where, ['minNewTokens', 'lengthPenalty', 'truncateInputTokens']);
  requireFourStops(given, where);
  if (given.stopSequences.length > 0 && given.includeStopSequence) {
    throw cannotSay('parameters.includeStopSequence', where, 'Turn it off, or choose another language.');
  }
  const { responseFormat } = given;
  const parameters = defined({
    max_tokens: given.maxNewTokens,
    ...sampling(given),
    seed: isSampled(given) ? given.randomSeed : undefined,
    ...penalties(given),
    repetition_penalty: unless(1, given.repetitionPenalty),
    stop: given.stopSequences.length === 0 ? undefined : given.stopSequences,
    time_limit: given.timeLimit,
    ...chatLogProbabilities(given),
    response_format: responseFormat.type === 'json_object' ? { type: 'json_object' } : undefined,
    guided_json: responseFormat.type === 'json_schema' ? schemaOf(responseFormat.schema) : undefined,
  });
  return { parameters, notes: isSampled(given) ? ['Top K is left out: watsonx chat has no word for it.'] : [] };
}

/** Of `POST /v1/completions` and `/v1/chat/completions`; `extra` are vLLM's names for what OpenAI has none for. */
export function openAiParameters(
  given: DecodingParameters,
  mode: 'freeform' | 'chat',
): { parameters: Parameters; extra: Parameters } {
  const where = 'OpenAI’s API';
  refuseOf(given, where, ['lengthPenalty', 'timeLimit', ...(mode === 'chat' ? [] : (['responseFormat'] as const))]);
  requireFourStops(given, where);
  const { responseFormat, logProbabilities } = given;
  return {
    parameters: defined({
      max_tokens: given.maxNewTokens,
      ...sampling(given),
      seed: isSampled(given) ? given.randomSeed : undefined,
      ...penalties(given),
      stop: given.stopSequences.length === 0 ? undefined : given.stopSequences,
      ...(mode === 'chat' ? chatLogProbabilities(given) : { logprobs: logProbabilities }),
      response_format:
        responseFormat.type === 'text'
          ? undefined
          : responseFormat.type === 'json_object'
            ? { type: 'json_object' }
            : { type: 'json_schema', json_schema: { name: 'answer', schema: schemaOf(responseFormat.schema) } },
    }),
    extra: defined({
      top_k: isSampled(given) ? given.topK : undefined,
      repetition_penalty: unless(1, given.repetitionPenalty),
      min_tokens: unless(0, given.minNewTokens),
      include_stop_str_in_output: given.stopSequences.length > 0 && given.includeStopSequence ? true : undefined,
      truncate_prompt_tokens: given.truncateInputTokens,
    }),
  };
}

function sampling(given: DecodingParameters) {
  return isSampled(given) ? { temperature: given.temperature, top_p: unless(1, given.topP) } : { temperature: 0 };
}

function penalties({ frequencyPenalty, presencePenalty }: DecodingParameters) {
  return { frequency_penalty: unless(0, frequencyPenalty), presence_penalty: unless(0, presencePenalty) };
}

function chatLogProbabilities({ logProbabilities }: DecodingParameters) {
  return logProbabilities === undefined ? {} : { logprobs: true, top_logprobs: logProbabilities };
}

type Refusable =
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'responseFormat'
  | 'minNewTokens'
  | 'lengthPenalty'
  | 'truncateInputTokens'
  | 'timeLimit';

function refuseOf(given: DecodingParameters, where: string, names: readonly Refusable[]): void {
  for (const name of names) {
    const isSet = name === 'responseFormat' ? given.responseFormat.type !== 'text' : (given[name] ?? 0) !== 0;
    if (isSet) throw cannotSay(`parameters.${name}`, where);
  }
}

function requireFourStops({ stopSequences }: DecodingParameters, where: string): void {
  if (stopSequences.length > 4) throw cannotSay('parameters.stopSequences', where, 'It takes four at the most.');
}

function isSampled({ decodingMethod }: DecodingParameters): boolean {
  return decodingMethod === 'sample';
}

function schemaOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw cannotSay('parameters.responseFormat.schema', 'JSON', 'Its text is not JSON.');
  }
}

function unless(standard: number, value: number): number | undefined {
  return value === standard ? undefined : value;
}

function defined(parameters: { readonly [name: string]: Json | undefined }): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}
