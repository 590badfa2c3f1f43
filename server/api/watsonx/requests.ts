import { z } from 'zod';
import { MAX_PROMPT_CHARACTERS } from '../../../contract/app/index.ts';
import { Confidential, invalidField, randomSeed } from '../../core/index.ts';
import type { EngineRequest } from '../../inference/index.ts';
import { jsonFormatFields, jsonShapeOf } from '../json-format.ts';
import { messageContent } from '../message-content.ts';
import { withoutUndefined } from '../optional.ts';
import { moderationsField, readModerations, type WatsonxModerations } from './moderations.ts';

/*
 * Requests of the watsonx.ai API, by the shapes of IBM's published SDK (@ibm-cloud/watsonx-ai, `types/vml_v1.d.ts`). A field that IBM has and
 * this version has not is refused by name: silently ignoring it would give another answer than the caller asked for.
 */

const MAX_STOP_SEQUENCES = 6;
/** Far longer than any id: what is no id is told back to the caller, so it has to be short. */
const containerId = z.string().max(200).optional();
const container = { project_id: containerId, space_id: containerId };

const notSupported = z.undefined({ error: 'is not supported by this version of Cloister' }).optional();

const generationParameters = z.strictObject({
  decoding_method: z.enum(['greedy', 'sample']).default('greedy'),
  max_new_tokens: z.int().min(1).max(131_072).default(20),
  min_new_tokens: z.int().min(0).max(131_072).default(0),
  temperature: z.number().min(0).max(2).default(1),
  top_k: z.int().min(1).max(100).default(50),
  top_p: z.number().gt(0).max(1).default(1),
  repetition_penalty: z.number().min(1).max(2).default(1),
  random_seed: z.int().min(1).max(4_294_967_295).optional(),
  stop_sequences: z.array(z.string().min(1).max(200)).max(MAX_STOP_SEQUENCES).default([]),
  include_stop_sequence: z.boolean().default(true),
  time_limit: z.int().min(1).optional(),
  return_options: z
    .strictObject({
      input_text: z.boolean().default(false),
      generated_tokens: z.boolean().default(false),
      input_tokens: notSupported,
      token_logprobs: z.boolean().default(false),
      token_ranks: notSupported,
      top_n_tokens: z.int().min(0).max(5).default(0),
    })
    .prefault({}),
  length_penalty: z
    .strictObject({ decay_factor: z.number().gt(1).max(10), start_index: z.int().min(0).max(131_072).default(0) })
    .optional(),
  truncate_input_tokens: z.int().min(1).max(131_072).optional(),
});

const textGeneration = z.strictObject({
  model_id: z.string().min(1).max(200),
  input: z.string().min(1, 'must not be empty').max(MAX_PROMPT_CHARACTERS),
  parameters: generationParameters.prefault({}).refine((given) => given.min_new_tokens <= given.max_new_tokens, {
    path: ['min_new_tokens'],
    error: 'must not be more than max_new_tokens',
  }),
  ...container,
  moderations: moderationsField,
  crypto: notSupported,
});

const chatMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: messageContent,
  name: z.string().optional(),
});

const textChat = z.strictObject({
  model_id: z.string().min(1).max(200),
  messages: z.array(chatMessage).min(1).max(1000),
  ...container,
  max_tokens: z.int().min(0).max(131_072).default(1024),
  max_completion_tokens: z.int().min(0).max(131_072).optional(),
  temperature: z.number().min(0).max(2).default(1),
  top_p: z.number().gt(0).max(1).default(1),
  n: z.int().min(1).max(8).default(1),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  stop: z.array(z.string().min(1).max(200)).max(4).default([]),
  frequency_penalty: z.number().min(-2).max(2).default(0),
  presence_penalty: z.number().min(-2).max(2).default(0),
  logprobs: z.boolean().default(false),
  top_logprobs: z.int().min(0).max(20).optional(),
  time_limit: z.int().min(1).optional(),
  ...jsonFormatFields,
  tools: notSupported,
  tool_choice: notSupported,
  tool_choice_option: notSupported,
  guided_choice: notSupported,
  guided_regex: notSupported,
  guided_grammar: notSupported,
  chat_template_kwargs: notSupported,
  reasoning_effort: notSupported,
  include_reasoning: notSupported,
  repetition_penalty: z.number().min(1).max(2).default(1),
  // Of beam search, which no engine here does; text generation's is another one.
  length_penalty: notSupported,
  context: notSupported,
  crypto: notSupported,
});

export type WatsonxGeneration = {
  readonly projectId: string;
  readonly request: EngineRequest;
  readonly seed: number;
  /** The input, given back when `return_options.input_text` asks for it. */
  readonly inputText: Confidential<string> | undefined;
  readonly wantsTokens: boolean;
  readonly moderations: WatsonxModerations;
  /** Whether the tokens come with their log probabilities. */
  readonly wantsLogProbabilities: boolean;
};

/** Reads `POST /ml/v1/text/generation` (and `_stream`). */
export const textGenerationRequest = textGeneration.transform((body): WatsonxGeneration => {
  const { parameters } = body;
  const { return_options: options } = parameters;
  const seed = parameters.random_seed ?? randomSeed();
  const input = Confidential.of(body.input);
  const wantsTokens = options.generated_tokens;
  return {
    projectId: projectOf(body),
    seed,
    inputText: options.input_text ? input : undefined,
    wantsTokens,
    moderations: readModerations(body.moderations, { wantsTokens }),
    wantsLogProbabilities: options.token_logprobs,
    request: {
      modelId: body.model_id,
      prompt: { mode: 'text', text: input },
      parameters: withoutUndefined({
        decodingMethod: parameters.temperature === 0 ? 'greedy' : parameters.decoding_method,
        maxNewTokens: parameters.max_new_tokens,
        minNewTokens: parameters.min_new_tokens,
        temperature: parameters.temperature,
        topK: parameters.top_k,
        topP: parameters.top_p,
        repetitionPenalty: parameters.repetition_penalty,
        frequencyPenalty: 0,
        presencePenalty: 0,
        seed,
        stopSequences: Confidential.of(parameters.stop_sequences),
        includeStopSequence: parameters.include_stop_sequence,
        timeLimitMs: parameters.time_limit,
        truncateInputTokens: parameters.truncate_input_tokens,
        lengthPenalty: parameters.length_penalty && {
          decayFactor: parameters.length_penalty.decay_factor,
          startIndex: parameters.length_penalty.start_index,
        },
        logProbabilities: wantsTokens ? { alternatives: options.top_n_tokens } : undefined,
      }),
    },
  };
});

export type WatsonxChat = { readonly projectId: string; readonly requests: readonly EngineRequest[] };

/** Reads `POST /ml/v1/text/chat` (and `_stream`): one engine request for each of the `n` answers. */
export const textChatRequest = textChat.transform((body): WatsonxChat => {
  const seed = body.seed ?? randomSeed();
  const messages = Confidential.of(body.messages.map(({ role, content: text }) => ({ role, content: text })));
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  const jsonShape = jsonShapeOf(body);
  const request = (number: number): EngineRequest => ({
    modelId: body.model_id,
    prompt: { mode: 'chat', messages },
    parameters: withoutUndefined({
      decodingMethod: body.temperature === 0 ? 'greedy' : 'sample',
      // 0 means as many as the model allows (IBM's API reference, max_tokens).
      maxNewTokens: maxTokens === 0 ? 131_072 : maxTokens,
      minNewTokens: 0,
      temperature: body.temperature,
      topK: 0,
      topP: body.top_p,
      repetitionPenalty: body.repetition_penalty,
      frequencyPenalty: body.frequency_penalty,
      presencePenalty: body.presence_penalty,
      // Each answer draws differently, and the same request gives the same answers again.
      seed: (seed + number) % 4_294_967_296,
      stopSequences: Confidential.of(body.stop),
      includeStopSequence: false,
      timeLimitMs: body.time_limit,
      jsonShape,
      logProbabilities: body.logprobs ? { alternatives: body.top_logprobs ?? 0 } : undefined,
    }),
  });
  return { projectId: projectOf(body), requests: Array.from({ length: body.n }, (_, number) => request(number)) };
});

/** Exactly one container is named, and it is a project. */
function projectOf({
  project_id: projectId,
  space_id: spaceId,
}: {
  project_id?: string | undefined;
  space_id?: string | undefined;
}): string {
  if (projectId !== undefined && spaceId !== undefined)
    throw invalidField('space_id', 'give project_id or space_id, not both');
  if (spaceId !== undefined)
    throw invalidField('space_id', 'deployment spaces are not supported by this version of Cloister; give project_id');
  if (projectId === undefined) throw invalidField('project_id', 'is required');
  return projectId;
}
