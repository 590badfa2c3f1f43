import { z } from 'zod';

/** The longest prompt that is read at all, in characters; the model's context length is usually far below it. */
export const MAX_PROMPT_CHARACTERS = 4_000_000;

export const modelId = z.string().min(1).max(200);

/** The longest JSON Schema that an answer can be held to, in characters of its JSON. */
export const MAX_SCHEMA_CHARACTERS = 16_384;

/** What the answer must be: any text, a JSON value, or JSON by a schema (its JSON as text, as people type it). */
export const responseFormat = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({ type: z.literal('json_schema'), schema: z.string().min(2).max(MAX_SCHEMA_CHARACTERS) }),
  ])
  .default({ type: 'text' });
export type ResponseFormat = z.infer<typeof responseFormat>;

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
  /** Whether the stop sequence that ended the answer is part of it. */
  includeStopSequence: z.boolean().default(true),
  frequencyPenalty: z.number().min(-2).max(2).default(0),
  presencePenalty: z.number().min(-2).max(2).default(0),
  /** Makes the end of the answer likelier, the more the longer it is; absent: off. */
  lengthPenalty: z
    .strictObject({ decayFactor: z.number().gt(1).max(10), startIndex: z.int().min(0).max(131_072) })
    .optional(),
  /** Milliseconds after which the answer ends; absent: the server's own limit. */
  timeLimit: z.int().min(1).max(3_600_000).optional(),
  /** Only so many of the prompt's last tokens are read; absent: too long a prompt is an error. */
  truncateInputTokens: z.int().min(1).max(131_072).optional(),
  /** Tells each token's log probability with so many alternatives; absent: none are told. */
  logProbabilities: z.int().min(0).max(5).optional(),
  responseFormat,
});
export type DecodingParameters = z.infer<typeof decodingParameters>;

export const chatMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().max(MAX_PROMPT_CHARACTERS),
});
export type ChatMessage = z.infer<typeof chatMessage>;

/** Instruction, examples and input, which {@link assemblePrompt} makes one text of. */
export const structuredPrompt = z.strictObject({
  instruction: z.string().max(MAX_PROMPT_CHARACTERS),
  inputPrefix: z.string().max(200).default('Input:'),
  outputPrefix: z.string().max(200).default('Output:'),
  examples: z
    .array(
      z.strictObject({
        input: z.string().max(MAX_PROMPT_CHARACTERS),
        output: z.string().max(MAX_PROMPT_CHARACTERS),
      }),
    )
    .max(100),
  input: z.string().max(MAX_PROMPT_CHARACTERS),
});
export type StructuredPrompt = z.infer<typeof structuredPrompt>;

export const promptInput = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('freeform'),
    text: z.string().min(1, 'must not be empty').max(MAX_PROMPT_CHARACTERS),
  }),
  z.strictObject({ mode: z.literal('structured'), ...structuredPrompt.shape }),
  z.strictObject({ mode: z.literal('chat'), messages: z.array(chatMessage).min(1).max(1000) }),
]);
export type PromptInput = z.infer<typeof promptInput>;

/** The name of a prompt variable: what stands between the braces. */
export const variableName = z
  .string()
  .max(40)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must begin with a letter or _, then letters, digits and _ only');
export const MAX_VARIABLES = 64;

/** The values of the prompt's variables: `{name}` in the prompt becomes the value of `name`, in one pass; other braces stay. */
export const variableValues = z
  .record(variableName, z.string().max(MAX_PROMPT_CHARACTERS))
  .refine((values) => Object.keys(values).length <= MAX_VARIABLES, `must be ${MAX_VARIABLES} variables at most`);
export type VariableValues = z.infer<typeof variableValues>;

/** What is done where a check finds something: it is replaced by `*`, or the whole text is refused. */
export const guardrailAction = z.enum(['mask', 'block']);
const guardrail = z.strictObject({ input: guardrailAction.optional(), output: guardrailAction.optional() });
/** Checks of the prompt and of the answer, on this server; absent: none. See docs/guardrails.md for what they find. */
export const guardrails = z.strictObject({
  personalData: guardrail.optional(),
  hateAbuseProfanity: guardrail
    .extend({ threshold: z.number().min(0).max(1).default(0.5).describe('Score from which something counts') })
    .optional(),
});
export type Guardrails = z.infer<typeof guardrails>;

/** `POST /projects/{projectId}/generate`: answers with server-sent events, see {@link generationEvent}. Nothing of it is stored. */
export const generateRequest = z.strictObject({
  modelId,
  prompt: promptInput,
  variables: variableValues.default({}),
  parameters: decodingParameters.prefault({}).refine(({ minNewTokens, maxNewTokens }) => minNewTokens <= maxNewTokens, {
    path: ['minNewTokens'],
    error: 'must not be more than maxNewTokens',
  }),
  guardrails: guardrails.default({}),
});
export type GenerateRequest = z.input<typeof generateRequest>;

export const stopReason = z.enum([
  'max_tokens',
  'eos_token',
  'stop_sequence',
  'token_limit',
  'time_limit',
  'cancelled',
  /** A guardrail refused the prompt or ended the answer. */
  'blocked',
  'error',
]);
export type StopReason = z.infer<typeof stopReason>;

/** A token of an answer, natural logarithms. */
export const tokenLogProbability = z.strictObject({
  text: z.string(),
  logProbability: z.number(),
  alternatives: z.array(z.strictObject({ text: z.string(), logProbability: z.number() })),
});
export type TokenLogProbability = z.infer<typeof tokenLogProbability>;

/** What a guardrail found, without the words. Positions are UTF-16 units in the prompt as assembled, or in the answer so far. */
export const guardrailFinding = z.strictObject({
  on: z.enum(['input', 'output']),
  kind: z.enum(['personal-data', 'hate-abuse-profanity']),
  entity: z.string().describe('What it is, such as `EmailAddress`'),
  start: z.int(),
  end: z.int(),
  score: z.number(),
  action: guardrailAction,
});
export type GuardrailFinding = z.infer<typeof guardrailFinding>;

/** Milliseconds, measured on the server. */
export const generationTimings = z.strictObject({
  queueMs: z.number().describe('From the request to the place in the queue'),
  firstTokenMs: z.number().optional().describe('From that place to the first token'),
  totalMs: z.number().describe('From that place to the end'),
});
export type GenerationTimings = z.infer<typeof generationTimings>;

/** One `data:` line of the stream. The last one is `done` or `error`. */
export const generationEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('queued'), position: z.int() }),
  z.strictObject({ type: z.literal('started'), inputTokens: z.int(), seed: z.int() }),
  z.strictObject({
    type: z.literal('text-delta'),
    text: z.string(),
    /** Where they were asked for. */
    tokens: z.array(tokenLogProbability).optional(),
  }),
  z.strictObject({ type: z.literal('guardrail'), ...guardrailFinding.shape }),
  z.strictObject({
    type: z.literal('done'),
    stopReason,
    inputTokens: z.int(),
    outputTokens: z.int(),
    seed: z.int(),
    timings: generationTimings.optional(),
  }),
  z.strictObject({
    type: z.literal('error'),
    problem: z.object({ title: z.string(), detail: z.string(), code: z.string() }).loose(),
  }),
]);
export type GenerationEvent = z.infer<typeof generationEvent>;

/** `POST /projects/{projectId}/tokenize`: how many tokens the model would read, its chat template included in chat mode. */
export const tokenizeRequest = z.strictObject({
  modelId,
  prompt: promptInput,
  variables: variableValues.default({}),
  withTokens: z.boolean().default(false),
});
export type TokenizeRequest = z.input<typeof tokenizeRequest>;
/** A piece of what the model reads. Joined, the texts are the whole of it, template included. */
export const promptToken = z.strictObject({
  text: z.string(),
  tokens: z.int().min(1).describe('How many tokens spell it: more than one where a character is split'),
  isSpecial: z.boolean().describe('A mark of the template, such as the end of a turn'),
});
export type PromptToken = z.infer<typeof promptToken>;
export const tokenizeResult = z.strictObject({
  inputTokens: z.int(),
  contextLength: z.int(),
  tokens: z.array(promptToken).optional(),
});
export type TokenizeResult = z.infer<typeof tokenizeResult>;
