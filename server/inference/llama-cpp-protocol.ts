/*
 * What the server and the engine's child say to each other over the child's IPC pipe (structured clones). Types only: the child
 * imports nothing else of the server.
 */
import type { ChatMessage, EngineParameters, StopReason, TokenLogProbability, TokenPiece } from './engine.ts';

export type ChildSettings = {
  readonly threads: number;
  readonly sequences: number;
  readonly maxLoadedModels: number;
};

export type ChildModel = { readonly modelId: string; readonly path: string; readonly contextLength: number };

export type ChildPrompt =
  | { readonly mode: 'text'; readonly text: string }
  | { readonly mode: 'chat'; readonly messages: readonly ChatMessage[] };

/** `EngineParameters` with its content opened, and the shape of JSON as a grammar (GBNF). */
export type ChildParameters = Omit<EngineParameters, 'stopSequences' | 'jsonShape'> & {
  readonly stopSequences: readonly string[];
  readonly jsonGrammar?: string;
};

export type ToChild =
  | { readonly kind: 'settings'; readonly settings: ChildSettings }
  | {
      readonly kind: 'generate';
      readonly id: number;
      readonly model: ChildModel;
      readonly prompt: ChildPrompt;
      readonly parameters: ChildParameters;
    }
  | { readonly kind: 'tokenize'; readonly id: number; readonly model: ChildModel; readonly prompt: ChildPrompt }
  | { readonly kind: 'embed'; readonly id: number; readonly model: ChildModel; readonly texts: readonly string[] }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'unload'; readonly modelId: string }
  | { readonly kind: 'ping' };

export type FromChild =
  | { readonly kind: 'pong' }
  /** A piece of a long prompt was read: nothing to tell but that it goes on. */
  | { readonly kind: 'progress'; readonly id: number }
  | { readonly kind: 'started'; readonly id: number; readonly inputTokens: number }
  | {
      readonly kind: 'delta';
      readonly id: number;
      readonly text: string;
      readonly outputTokens: number;
      readonly logProbabilities?: readonly TokenLogProbability[];
    }
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly stopReason: StopReason;
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  | {
      readonly kind: 'tokens';
      readonly id: number;
      readonly inputTokens: number;
      readonly pieces: readonly TokenPiece[];
    }
  | {
      readonly kind: 'vectors';
      readonly id: number;
      readonly vectors: readonly (readonly number[])[];
      readonly inputTokens: number;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: ChildFailure };

/** Why a request failed, without a word of its content. */
export type ChildFailure =
  | {
      readonly why: 'prompt-too-long';
      readonly inputTokens: number;
      /** True: it was not counted, and has that many or more. */
      readonly isLeast: boolean;
      readonly contextLength: number;
    }
  | { readonly why: 'model-not-loadable' }
  | { readonly why: 'no-chat-template' }
  | { readonly why: 'no-embeddings' }
  | { readonly why: 'engine-failed' };
