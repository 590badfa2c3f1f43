import { z } from 'zod';
import { MAX_PROMPT_CHARACTERS } from '../../../contract/app/index.ts';
import { Confidential, invalidField, randomSeed } from '../../core/index.ts';
import type { EnginePrompt, EngineRequest } from '../../inference/index.ts';
import { jsonFormatFields, jsonShapeOf } from '../json-format.ts';
import { messageContent } from '../message-content.ts';
import { withoutUndefined } from '../optional.ts';

/*
 * Requests of OpenAI's API (openai package, `resources/chat/completions`). Fields that change the answer and are not done here are refused by
 * name; fields that only label a request (user, metadata) are read and dropped.
 */

const notSupported = z.undefined({ error: 'is not supported by this version of Cloister' }).optional();
const stop = z
  .union(
    [z.string().min(1).max(200), z.array(z.string().min(1).max(200)).max(4)],
    'must be a text, or a list of at most four',
  )
  .nullish()
  .transform((value) => (value == null ? [] : typeof value === 'string' ? [value] : value));
const streamOptions = z
  .strictObject({ include_usage: z.boolean().default(false), include_obfuscation: z.boolean().optional() })
  .nullish();

const sampling = {
  ...jsonFormatFields,
  model: z.string().min(1).max(200),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(8).nullish(),
  seed: z.int().nullish(),
  stop,
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  stream: z.boolean().nullish(),
  stream_options: streamOptions,
  user: z.string().optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.literal(false, 'nothing is stored here; leave it out or set it to false').nullish(),
  logit_bias: notSupported,
  // vLLM's names (its `SamplingParams`) for what OpenAI's API has no name for; SDKs send them by `extra_body` or as they are.
  top_k: z.int().min(-1).max(131_072).nullish(),
  repetition_penalty: z.number().min(1).max(2).nullish(),
  min_tokens: z.int().min(0).max(131_072).nullish(),
  include_stop_str_in_output: z.boolean().nullish(),
  truncate_prompt_tokens: z.int().min(1).max(131_072).nullish(),
};

const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: messageContent,
  name: z.string().optional(),
});

const chatCompletion = z.strictObject({
  ...sampling,
  messages: z.array(message).min(1).max(1000),
  max_tokens: z.int().min(1).max(131_072).nullish(),
  max_completion_tokens: z.int().min(1).max(131_072).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: notSupported,
  tool_choice: notSupported,
  parallel_tool_calls: notSupported,
  functions: notSupported,
  function_call: notSupported,
  reasoning_effort: notSupported,
  modalities: notSupported,
  audio: notSupported,
  prediction: notSupported,
  web_search_options: notSupported,
});

const completion = z.strictObject({
  ...sampling,
  prompt: z.union(
    [
      z.string().min(1, 'must not be empty').max(MAX_PROMPT_CHARACTERS),
      z.array(z.string().min(1).max(MAX_PROMPT_CHARACTERS)).length(1, 'must be one text'),
    ],
    'must be a text',
  ),
  max_tokens: z.int().min(1).max(131_072).nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
  echo: z.literal(false, 'is not supported by this version of Cloister').nullish(),
  best_of: z.literal(1, 'is not supported by this version of Cloister').nullish(),
  suffix: notSupported,
});

export type OpenAiGeneration = {
  readonly modelId: string;
  readonly isStream: boolean;
  readonly wantsUsage: boolean;
  readonly requests: readonly EngineRequest[];
};

type Sampling = z.infer<z.ZodObject<typeof sampling>>;

/** Reads `POST /v1/chat/completions`. */
export const chatCompletionRequest = chatCompletion.transform((body): OpenAiGeneration => {
  if (body.top_logprobs != null && body.logprobs !== true) throw invalidField('top_logprobs', 'needs logprobs: true');
  const messages = body.messages.map(({ role, content: text }) => ({
    role: role === 'developer' ? ('system' as const) : role,
    content: text,
  }));
  return toGeneration(body, {
    prompt: { mode: 'chat', messages: Confidential.of(messages) },
    // Without a limit the answer may fill the context, as at OpenAI.
    maxNewTokens: body.max_completion_tokens ?? body.max_tokens ?? 131_072,
    alternatives: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
  });
});

/** Reads `POST /v1/completions`. */
export const completionRequest = completion.transform((body): OpenAiGeneration => {
  const prompt = typeof body.prompt === 'string' ? body.prompt : (body.prompt[0] ?? '');
  return toGeneration(body, {
    prompt: { mode: 'text', text: Confidential.of(prompt) },
    maxNewTokens: body.max_tokens ?? 16,
    alternatives: body.logprobs ?? undefined,
  });
});

function toGeneration(
  body: Sampling,
  {
    prompt,
    maxNewTokens,
    alternatives,
  }: { prompt: EnginePrompt; maxNewTokens: number; alternatives: number | undefined },
): OpenAiGeneration {
  const seed = body.seed ?? randomSeed();
  const temperature = body.temperature ?? 1;
  const minNewTokens = body.min_tokens ?? 0;
  if (minNewTokens > maxNewTokens) throw invalidField('min_tokens', 'must not be more than the most tokens');
  const jsonShape = jsonShapeOf(body);
  const request = (number: number): EngineRequest => ({
    modelId: body.model,
    prompt,
    parameters: withoutUndefined({
      decodingMethod: temperature === 0 ? 'greedy' : 'sample',
      maxNewTokens,
      minNewTokens,
      temperature,
      // vLLM switches it off by -1 or 0.
      topK: Math.max(body.top_k ?? 0, 0),
      // 0 keeps the likeliest token alone, which the smallest share does too.
      topP: Math.max(body.top_p ?? 1, 1e-6),
      repetitionPenalty: body.repetition_penalty ?? 1,
      frequencyPenalty: body.frequency_penalty ?? 0,
      presencePenalty: body.presence_penalty ?? 0,
      // OpenAI allows any integer; engines take 32 bits.
      seed: ((seed % 4_294_967_296) + 4_294_967_296 + number) % 4_294_967_296,
      stopSequences: Confidential.of(body.stop),
      includeStopSequence: body.include_stop_str_in_output ?? false,
      truncateInputTokens: body.truncate_prompt_tokens ?? undefined,
      jsonShape,
      logProbabilities: alternatives === undefined ? undefined : { alternatives },
    }),
  });
  return {
    modelId: body.model,
    isStream: body.stream === true,
    wantsUsage: body.stream_options?.include_usage === true,
    requests: Array.from({ length: body.n ?? 1 }, (_, number) => request(number)),
  };
}
