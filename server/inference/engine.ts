import type { Confidential } from '../core/index.ts';
import type { JsonShape } from './json-shape.ts';

/**
 * Port: something that runs foundation models. An engine is told a prompt and answers with events; it queues nothing by itself
 * (the inference service does), keeps nothing after a request has ended, and never logs content.
 */
export type Engine = {
  /** Name for people and settings, for example `on this server`. */
  readonly name: string;

  /** The models that this engine can run now. Cheap: it loads none of them. */
  listModels(): Promise<readonly EngineModel[]>;

  /**
   * Runs one request. The iterable yields `started` once, any number of `text-delta`, and `done` as its last; whoever stops
   * iterating, or aborts `signal`, ends the request and frees its place.
   * When `signal` aborts, the last event is `done` with `stopReason: 'cancelled'`.
   * @throws AppError `not-found` (no such model), `invalid-argument` (the prompt alone fills the context: reason
   *   `token-limit-exceeded`), `unavailable` (the engine died or hung while it ran; only the requests in it fail).
   */
  stream(request: EngineRequest, signal: AbortSignal): AsyncIterable<EngineEvent>;

  /** The tokens of a prompt, the model's chat template applied in chat mode. Joined, the pieces are the text that the model reads. */
  tokenize(
    modelId: string,
    prompt: EnginePrompt,
  ): Promise<{ inputTokens: number; pieces: Confidential<readonly TokenPiece[]> }>;

  /**
   * One vector per text, each with as many numbers as the model has dimensions.
   * @throws AppError `failed-precondition` when the model has no embedding function.
   */
  embed(modelId: string, texts: Confidential<readonly string[]>): Promise<EmbeddingResult>;

  /** How many requests one model runs at the same time; more wait in the service's queue. */
  readonly concurrency: number;

  /** Process ids of children that hold content while they run, for `cloister verify`; empty where there are none. */
  processIds(): readonly number[];

  /** Ends running requests with `unavailable` and frees everything. */
  close(): Promise<void>;
};

export type EngineModel = {
  readonly modelId: string;
  /** Tokens that fit, prompt and answer together. */
  readonly contextLength: number;
  readonly functions: readonly ('text_generation' | 'text_chat' | 'embedding')[];
};

export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

export type EnginePrompt =
  | { readonly mode: 'text'; readonly text: Confidential<string> }
  /** The engine applies the model's own chat template. */
  | { readonly mode: 'chat'; readonly messages: Confidential<readonly ChatMessage[]> };

/** A token as text; several where they spell one character together. Content. */
export type TokenPiece = {
  readonly text: string;
  readonly tokenCount: number;
  /** A mark of the template or of the model, such as the end of a turn. */
  readonly isSpecial: boolean;
};

export type EngineRequest = {
  readonly modelId: string;
  readonly prompt: EnginePrompt;
  readonly parameters: EngineParameters;
};

/** Names and ranges: `contract/app/generation.ts`. Every value is set: the surfaces fill in their defaults. */
export type EngineParameters = {
  /** `greedy` ignores temperature, top k, top p and the seed. */
  readonly decodingMethod: 'greedy' | 'sample';
  readonly maxNewTokens: number;
  readonly minNewTokens: number;
  readonly temperature: number;
  /** 0 switches it off. */
  readonly topK: number;
  readonly topP: number;
  readonly repetitionPenalty: number;
  /** OpenAI's penalties, -2 to 2; 0 is off. */
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  readonly seed: number;
  /** Generation ends before (or, see below, after) one of them, which count only from `minNewTokens` on. They are content: people write words of the prompt into them. */
  readonly stopSequences: Confidential<readonly string[]>;
  /** Whether the stop sequence that ended the answer is part of it. */
  readonly includeStopSequence: boolean;
  /** Ends the request with `time_limit` after so long, in milliseconds. */
  readonly timeLimitMs?: number;
  /** Only so many of the prompt's last tokens are read, the mark of a beginning among them if the model wants one. */
  readonly truncateInputTokens?: number;
  /**
   * From the answer's `startIndex`th token on, adds `decayFactor ^ (tokens beyond it) - 1` to the logit of the tokens that end it.
   * watsonx multiplies that logit instead, so the same factor ends an answer sooner there.
   */
  readonly lengthPenalty?: { readonly decayFactor: number; readonly startIndex: number };
  /**
   * Holds the answer to JSON of this shape, which is whole unless something else than `eos_token` ended it. It ends with the JSON, whatever
   * `minNewTokens` says. Absent: any text.
   */
  readonly jsonShape?: Confidential<JsonShape>;
  /** Asks for each token's log probability and that many alternatives, 0 to 20. */
  readonly logProbabilities?: { readonly alternatives: number };
};

export type StopReason =
  | 'max_tokens'
  | 'eos_token'
  | 'stop_sequence'
  /** The context is full. */
  | 'token_limit'
  | 'time_limit'
  | 'cancelled';

export type EngineEvent =
  | { readonly type: 'started'; readonly inputTokens: number }
  | {
      readonly type: 'text-delta';
      /** Whole UTF-8 characters only; may be of several tokens. */
      readonly text: Confidential<string>;
      /** Tokens generated so far, this delta's included. */
      readonly outputTokens: number;
      readonly logProbabilities?: Confidential<readonly TokenLogProbability[]>;
    }
  | {
      readonly type: 'done';
      readonly stopReason: StopReason;
      readonly inputTokens: number;
      readonly outputTokens: number;
    };

export type TokenLogProbability = {
  readonly token: string;
  /** Natural logarithm of the probability after the sampling options. */
  readonly logProbability: number;
  readonly alternatives: readonly { readonly token: string; readonly logProbability: number }[];
};

export type EmbeddingResult = {
  readonly vectors: Confidential<readonly (readonly number[])[]>;
  readonly inputTokens: number;
};
