import { z } from 'zod';

/** The longest prompt that is read at all, in characters; the model's context length is usually far below it. */
export const MAX_PROMPT_CHARACTERS = 4_000_000;

export const modelId = z.string().min(1).max(200);

/** Decoding parameters, by watsonx's names, ranges and defaults (see the table in docs/reference/parameters.md). */
export const decodingParameters = z.strictObject({
  decodingMethod: z.enum(['greedy', 'sample']).default('greedy'),
  maxNewTokens: z.int().min(1).max(131_072).default(200),
  minNewTokens: z.int().min(0).max(131_072).default(0),
  temperature: z.number().min(0).max(2).default(0.7),
  topK: z.int().min(1).max(100).default(50),
  topP: z.number().gt(0).max(1).default(1),
  repetitionPenalty: z.number().min(1).max(2).default(1),
  /** Absent: drawn at random, and told in the answer. */
  randomSeed: z.int().min(1).max(4_294_967_295).optional(),
  stopSequences: z.array(z.string().min(1).max(200)).max(6).default([]),
});
export type DecodingParameters = z.infer<typeof decodingParameters>;

export const chatMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().max(MAX_PROMPT_CHARACTERS),
});
export type ChatMessage = z.infer<typeof chatMessage>;

export const promptInput = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('freeform'),
    text: z.string().min(1, 'must not be empty').max(MAX_PROMPT_CHARACTERS),
  }),
  z.strictObject({ mode: z.literal('chat'), messages: z.array(chatMessage).min(1).max(1000) }),
]);
export type PromptInput = z.infer<typeof promptInput>;

/** `POST /projects/{projectId}/generate`: answers with server-sent events, see {@link generationEvent}. Nothing of it is stored. */
export const generateRequest = z.strictObject({
  modelId,
  prompt: promptInput,
  parameters: decodingParameters.prefault({}).refine(({ minNewTokens, maxNewTokens }) => minNewTokens <= maxNewTokens, {
    path: ['minNewTokens'],
    error: 'must not be more than maxNewTokens',
  }),
});
export type GenerateRequest = z.input<typeof generateRequest>;

export const stopReason = z.enum([
  'max_tokens',
  'eos_token',
  'stop_sequence',
  'token_limit',
  'time_limit',
  'cancelled',
  'error',
]);
export type StopReason = z.infer<typeof stopReason>;

/** One `data:` line of the stream. The last one is `done` or `error`. */
export const generationEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('queued'), position: z.int() }),
  z.strictObject({ type: z.literal('started'), inputTokens: z.int(), seed: z.int() }),
  z.strictObject({ type: z.literal('text-delta'), text: z.string() }),
  z.strictObject({ type: z.literal('done'), stopReason, inputTokens: z.int(), outputTokens: z.int(), seed: z.int() }),
  z.strictObject({
    type: z.literal('error'),
    problem: z.object({ title: z.string(), detail: z.string(), code: z.string() }).loose(),
  }),
]);
export type GenerationEvent = z.infer<typeof generationEvent>;

/** `POST /projects/{projectId}/tokenize`: how many tokens the model would read, template included in chat mode. */
export const tokenizeRequest = z.strictObject({ modelId, prompt: promptInput });
export const tokenizeResult = z.strictObject({ inputTokens: z.int(), contextLength: z.int() });
export type TokenizeResult = z.infer<typeof tokenizeResult>;
