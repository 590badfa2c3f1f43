import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { AppError, Confidential } from '../core/index.ts';
import type {
  Engine,
  EngineEvent,
  EngineModel,
  EngineParameters,
  EnginePrompt,
  EngineRequest,
  StopReason,
  TokenLogProbability,
  TokenPiece,
} from './engine.ts';
import { promptTooLong } from './llama-cpp-engine.ts';
import { drawJson } from './memory-json.ts';
import { StopScanner } from './stop-scanner.ts';

/** What its answers are made of. One word is one token. */
const WORDS =
  'the a contract patient court code says that first second left right is was and of to with under over'.split(' ');
/** The token that ends an answer comes up once in so many draws, and not before this many words of a greedy answer. */
const GREEDY_LENGTH = 48;
const END_EVERY = 64;
const VECTOR_LENGTH = 8;
const MARKS: ReadonlySet<string> = new Set(['<system>', '<user>', '<assistant>']);
/** JSON is written in tokens of so many characters. */
const JSON_TOKEN_CHARACTERS = 4;

export type MemoryEngineOptions = {
  readonly models?: readonly EngineModel[];
  readonly concurrency?: number;
  /** Milliseconds before each token; 0 waits for one turn of the event loop. */
  readonly tokenMs?: number;
};

/** Names of the models that {@link createMemoryEngine} has unless it is told others. */
export const memoryModels: readonly EngineModel[] = [
  { modelId: 'memory/chat', contextLength: 512, functions: ['text_generation', 'text_chat', 'embedding'] },
  { modelId: 'memory/text', contextLength: 512, functions: ['text_generation'] },
];

/** The fake of the engine port: answers with words drawn from the prompt and the seed, so that everything about an answer can be tested but its sense. */
export function createMemoryEngine(options: MemoryEngineOptions = {}): Engine {
  const { models = memoryModels, concurrency = 4, tokenMs = 0 } = options;
  const closing = new AbortController();

  function find(modelId: string): EngineModel {
    const model = models.find((candidate) => candidate.modelId === modelId);
    if (model !== undefined) return model;
    throw new AppError('not-found', `There is no model "${modelId}" on this server.`, {
      details: { reason: 'model-not-found', fields: [{ field: 'modelId', message: 'is not a model of this server' }] },
    });
  }

  return {
    name: 'in memory',
    concurrency,
    listModels: async () => models,

    async *stream(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EngineEvent> {
      const model = find(request.modelId);
      const input = tokensOf(model, request.prompt).slice(
        -(request.parameters.truncateInputTokens ?? Number.POSITIVE_INFINITY),
      );
      if (input.length >= model.contextLength) throw promptTooLong(input.length, model.contextLength);
      const inputTokens = input.length;
      yield { type: 'started', inputTokens };
      const answer = new Answer(request.parameters, input, model.contextLength - inputTokens);
      const timer =
        request.parameters.timeLimitMs === undefined
          ? undefined
          : setTimeout(() => answer.stop('time_limit'), request.parameters.timeLimitMs);
      try {
        while (answer.stopReason === undefined) {
          await (tokenMs === 0 ? turn() : wait(tokenMs));
          if (closing.signal.aborted)
            throw new AppError('unavailable', 'The engine ended while it worked on this request. Try again.');
          if (signal.aborted) answer.stop('cancelled');
          const delta = answer.stopReason === undefined ? answer.draw() : undefined;
          if (delta !== undefined) yield delta;
        }
      } finally {
        clearTimeout(timer);
      }
      const rest = answer.flush();
      if (rest !== undefined) yield rest;
      yield { type: 'done', stopReason: answer.stopReason, inputTokens, outputTokens: answer.outputTokens };
    },

    async tokenize(modelId, prompt) {
      const tokens = tokensOf(find(modelId), prompt);
      return { inputTokens: tokens.length, pieces: Confidential.of(tokens.map(pieceOf)) };
    },

    async embed(modelId, texts) {
      const model = find(modelId);
      if (!model.functions.includes('embedding'))
        throw new AppError('failed-precondition', 'This model makes no embeddings.', {
          details: { reason: 'no-embeddings' },
        });
      const split = texts.reveal('send-to-engine').map(words);
      return {
        vectors: Confidential.of(split.map(vectorOf)),
        inputTokens: split.reduce((sum, { length }) => sum + length, 0),
      };
    },

    processIds: () => [],
    async close() {
      closing.abort();
    },
  };
}

function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function tokensOf(model: EngineModel, prompt: EnginePrompt): string[] {
  if (prompt.mode === 'text') return words(prompt.text.reveal('send-to-engine'));
  if (!model.functions.includes('text_chat')) {
    throw new AppError('invalid-argument', 'This model has no chat template: it continues text.', {
      details: { reason: 'no-chat-template', fields: [{ field: 'modelId', message: 'has no chat template' }] },
    });
  }
  const messages = prompt.messages.reveal('send-to-engine');
  return [...messages.flatMap(({ role, content }) => [`<${role}>`, ...words(content)]), '<assistant>'];
}

function pieceOf(text: string): TokenPiece {
  return { text, tokenCount: 1, isSpecial: MARKS.has(text) };
}

function vectorOf(tokens: readonly string[]): number[] {
  const draw = createDraw(hash(tokens.join('')));
  return Array.from({ length: VECTOR_LENGTH }, () => draw() * 2 - 1);
}

class Answer {
  readonly #parameters: EngineParameters;
  readonly #limit: number;
  readonly #isCutByContext: boolean;
  readonly #draw: () => number;
  readonly #scanner: StopScanner;
  /** The tokens of an answer that must be JSON. */
  readonly #json: string[] | undefined;
  #logProbabilities: TokenLogProbability[] = [];
  #outputTokens = 0;
  #stopReason: StopReason | undefined;

  constructor(parameters: EngineParameters, input: readonly string[], room: number) {
    this.#parameters = parameters;
    this.#limit = Math.min(parameters.maxNewTokens, room);
    this.#isCutByContext = room < parameters.maxNewTokens;
    const seed = parameters.decodingMethod === 'greedy' ? 0 : parameters.seed;
    this.#draw = createDraw(hash(input.join('')) ^ seed);
    this.#scanner = new StopScanner(parameters.stopSequences.reveal('send-to-engine'), parameters.includeStopSequence);
    const shape = parameters.jsonShape?.reveal('send-to-engine');
    this.#json = shape && inTokens(drawJson(shape, this.#draw));
  }

  get outputTokens(): number {
    return this.#outputTokens;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  stop(reason: StopReason): void {
    this.#stopReason ??= reason;
  }

  draw(): EngineEvent | undefined {
    const token = this.#json === undefined ? this.#word() : this.#json.shift();
    if (token === undefined) {
      this.stop('eos_token');
      return undefined;
    }
    this.#outputTokens += 1;
    this.#logProbabilities.push(this.#logProbabilityOf(token));
    if (this.#outputTokens >= this.#limit) this.stop(this.#isCutByContext ? 'token_limit' : 'max_tokens');
    if (this.#outputTokens < this.#parameters.minNewTokens) return this.#delta(token);
    const { text, isStopped } = this.#scanner.push(token);
    if (isStopped) this.#stopReason = 'stop_sequence';
    return this.#delta(text);
  }

  flush(): EngineEvent | undefined {
    return this.#stopReason === 'stop_sequence' || this.#stopReason === 'cancelled'
      ? undefined
      : this.#delta(this.#scanner.flush());
  }

  #word(): string | undefined {
    const index = Math.floor(this.#draw() * WORDS.length);
    if (this.#outputTokens >= this.#parameters.minNewTokens && this.#isEnd()) return undefined;
    return ` ${WORDS[index] ?? ''}`;
  }

  #isEnd(): boolean {
    const { decodingMethod, lengthPenalty } = this.#parameters;
    const beyond = this.#outputTokens - (lengthPenalty?.startIndex ?? this.#outputTokens);
    const likelier = lengthPenalty === undefined || beyond <= 0 ? 1 : lengthPenalty.decayFactor ** beyond;
    return decodingMethod === 'greedy'
      ? this.#outputTokens >= GREEDY_LENGTH / likelier
      : this.#draw() < likelier / END_EVERY;
  }

  #delta(text: string): EngineEvent | undefined {
    if (text === '') return undefined;
    const logProbabilities = this.#logProbabilities;
    this.#logProbabilities = [];
    return {
      type: 'text-delta',
      text: Confidential.of(text),
      outputTokens: this.#outputTokens,
      ...(this.#parameters.logProbabilities === undefined
        ? {}
        : { logProbabilities: Confidential.of(logProbabilities) }),
    };
  }

  /** Each word is as likely as any other. */
  #logProbabilityOf(token: string): TokenLogProbability {
    const logProbability = -Math.log(WORDS.length);
    const others = WORDS.map((word) => ` ${word}`).filter((other) => other !== token);
    const alternatives = [token, ...others].slice(0, this.#parameters.logProbabilities?.alternatives ?? 0);
    return {
      token,
      logProbability,
      alternatives: alternatives.map((alternative) => ({ token: alternative, logProbability })),
    };
  }
}

function inTokens(json: string): string[] {
  const characters = [...json];
  return Array.from({ length: Math.ceil(characters.length / JSON_TOKEN_CHARACTERS) }, (_, index) =>
    characters.slice(index * JSON_TOKEN_CHARACTERS, (index + 1) * JSON_TOKEN_CHARACTERS).join(''),
  );
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}

/** Numbers of [0, 1) that follow from the seed: mulberry32 (Tommy Ettinger, public domain). */
function createDraw(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
