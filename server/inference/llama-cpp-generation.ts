/** One request in the engine's child: from tokens to tokens. */
import {
  type LlamaContextSequence,
  LlamaGrammarEvaluationState,
  type SequenceEvaluateOptions,
  type Token,
  TokenBias,
} from 'node-llama-cpp';
import type { StopReason, TokenLogProbability } from './engine.ts';
import { EngineFailure, type LoadedModel, REPLACEMENT_CHARACTER } from './llama-cpp-models.ts';
import type { ChildParameters, ChildPrompt, FromChild } from './llama-cpp-protocol.ts';
import { StopScanner } from './stop-scanner.ts';

/** A long prompt is read in pieces, so that it can be aborted and the server sees that it goes on. llama.cpp's usual batch. */
const PROMPT_PIECE_TOKENS = 512;
/** How far back repetitions are penalised. */
const PENALTY_WINDOW_TOKENS = 256;
/** One character of UTF-8 has at most 4 bytes, so at most 4 byte tokens wait for each other. */
const MOST_TOKENS_OF_A_CHARACTER = 4;
/** Above this the end of an answer is certain; and a float holds it. */
const GREATEST_END_BIAS = 1_000;
/** setTimeout takes no more. */
const LONGEST_TIMER_MS = 2_147_483_647;

export type GenerateOptions = {
  readonly loaded: LoadedModel;
  readonly request: { readonly id: number; readonly prompt: ChildPrompt; readonly parameters: ChildParameters };
  readonly signal: AbortSignal;
  readonly tell: (message: FromChild) => void;
};

/** Runs one request to its end. Whatever ends it, its sequence is cleared. */
export async function generate({ loaded, request, signal, tell }: GenerateOptions): Promise<void> {
  const { id, parameters } = request;
  const input = loaded.tokensOf(request.prompt, parameters.truncateInputTokens);
  const room = loaded.contextLength - input.length;
  if (room < 1)
    throw new EngineFailure({
      why: 'prompt-too-long',
      inputTokens: input.length,
      isLeast: false,
      contextLength: loaded.contextLength,
    });
  tell({ kind: 'started', id, inputTokens: input.length });

  const answer = new Answer(loaded, parameters, input, room);
  signal.addEventListener('abort', () => answer.stop('cancelled'), { once: true });
  if (signal.aborted) answer.stop('cancelled');
  const sequence = await loaded.takeSequence();
  const timer =
    parameters.timeLimitMs === undefined
      ? undefined
      : setTimeout(() => answer.stop('time_limit'), Math.min(parameters.timeLimitMs, LONGEST_TIMER_MS));
  const tellDelta = (delta: Delta | undefined) => {
    if (delta !== undefined) tell({ kind: 'delta', id, outputTokens: answer.outputTokens, ...delta });
  };
  try {
    const rest = await readPrompt(sequence, input, answer, () => tell({ kind: 'progress', id }));
    if (answer.stopReason === undefined) {
      for await (const next of sequence.evaluateWithMetadata(
        rest,
        { probabilities: parameters.logProbabilities !== undefined },
        await answer.samplingOptions(),
      )) {
        if (answer.stopReason !== undefined) break;
        // Its type knows the map only for a literal `true`.
        tellDelta(answer.add(next.token, (next as { probabilities?: Map<Token, number> }).probabilities));
        if (answer.stopReason !== undefined) break;
      }
    }
    if (answer.stopReason !== 'cancelled') tellDelta(answer.flush());
  } finally {
    clearTimeout(timer);
    await loaded.giveBack(sequence);
  }
  // Only now: who is told that a request is done may count on its place being empty.
  tell({
    kind: 'done',
    id,
    stopReason: answer.stopReason ?? 'eos_token',
    inputTokens: input.length,
    outputTokens: answer.outputTokens,
  });
}

/** Reads all of the prompt but its last piece, which the generation itself begins with. */
async function readPrompt(
  sequence: LlamaContextSequence,
  input: readonly Token[],
  answer: Answer,
  onProgress: () => void,
): Promise<Token[]> {
  let position = 0;
  while (input.length - position > PROMPT_PIECE_TOKENS && answer.stopReason === undefined) {
    await sequence.evaluateWithoutGeneratingNewTokens(input.slice(position, position + PROMPT_PIECE_TOKENS));
    position += PROMPT_PIECE_TOKENS;
    onProgress();
  }
  return input.slice(position);
}

type Delta = { readonly text: string; readonly logProbabilities?: readonly TokenLogProbability[] };

/** The answer as it grows: turns tokens into whole characters, stops at stop sequences and limits. */
class Answer {
  readonly #loaded: LoadedModel;
  readonly #parameters: ChildParameters;
  readonly #input: readonly Token[];
  readonly #limit: number;
  readonly #scanner: StopScanner;
  readonly #output: Token[] = [];
  /** Tokens whose bytes are not whole characters yet. */
  #pending: Token[] = [];
  #logProbabilities: TokenLogProbability[] = [];
  #stopReason: StopReason | undefined;

  constructor(loaded: LoadedModel, parameters: ChildParameters, input: readonly Token[], room: number) {
    this.#loaded = loaded;
    this.#parameters = parameters;
    this.#input = input;
    this.#limit = Math.min(parameters.maxNewTokens, room);
    this.#scanner = new StopScanner(parameters.stopSequences, parameters.includeStopSequence);
  }

  get outputTokens(): number {
    return this.#output.length;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  stop(reason: StopReason): void {
    this.#stopReason ??= reason;
  }

  async samplingOptions(): Promise<SequenceEvaluateOptions> {
    const { decodingMethod, temperature, topK, topP, seed } = this.#parameters;
    const sampling = decodingMethod === 'greedy' ? { temperature: 0 } : { temperature, topK, topP, minP: 0, seed };
    return { ...sampling, ...this.#penalties(), ...this.#endBias(), ...(await this.#grammar()) };
  }

  add(token: Token, probabilities: Map<Token, number> | undefined): Delta | undefined {
    const before = this.#before();
    this.#output.push(token);
    this.#pending.push(token);
    if (probabilities !== undefined) this.#logProbabilities.push(this.#logProbabilityOf(token, probabilities));
    if (this.#output.length >= this.#limit)
      this.stop(this.#limit < this.#parameters.maxNewTokens ? 'token_limit' : 'max_tokens');
    const text = this.#loaded.textOf(this.#pending, false, before);
    const isWhole = !text.endsWith(REPLACEMENT_CHARACTER) || this.#pending.length >= MOST_TOKENS_OF_A_CHARACTER;
    if (!isWhole && this.#stopReason === undefined) return undefined;
    this.#pending = [];
    return this.#scan(text);
  }

  /** What was held back, once the answer has ended. */
  flush(): Delta | undefined {
    if (this.#stopReason === 'stop_sequence') return undefined;
    const rest = this.#pending.length === 0 ? '' : this.#loaded.textOf(this.#pending, false, this.#before());
    this.#pending = [];
    const scanned = this.#scanner.push(rest);
    if (scanned.isStopped) this.#stopReason = 'stop_sequence';
    return this.#delta(scanned.isStopped ? scanned.text : scanned.text + this.#scanner.flush());
  }

  #scan(text: string): Delta | undefined {
    if (this.#output.length < this.#parameters.minNewTokens) return this.#delta(text);
    const scanned = this.#scanner.push(text);
    // A stop sequence goes before a limit that the same token reached.
    if (scanned.isStopped) this.#stopReason = 'stop_sequence';
    return this.#delta(scanned.text);
  }

  #delta(text: string): Delta | undefined {
    if (text === '') return undefined;
    const logProbabilities = this.#logProbabilities;
    this.#logProbabilities = [];
    return this.#parameters.logProbabilities === undefined ? { text } : { text, logProbabilities };
  }

  /** Some tokenizers write a token differently after others (a leading space, for one). */
  #before(): readonly Token[] {
    const written = this.#output.slice(0, this.#output.length - this.#pending.length);
    return [...this.#input.slice(-3), ...written].slice(-3);
  }

  #logProbabilityOf(token: Token, probabilities: Map<Token, number>): TokenLogProbability {
    const textAndLog = (candidate: Token, probability: number) => ({
      token: this.#loaded.textOf([candidate], true),
      logProbability: Math.log(Math.max(probability, Number.MIN_VALUE)),
    });
    const count = this.#parameters.logProbabilities?.alternatives ?? 0;
    const best: [Token, number][] = [];
    for (const candidate of probabilities) {
      if (best.length === count && candidate[1] <= (best.at(-1)?.[1] ?? 1)) continue;
      best.push(candidate);
      best.sort((one, other) => other[1] - one[1]);
      if (best.length > count) best.pop();
    }
    const alternatives = count === 0 ? [] : best.map(([candidate, probability]) => textAndLog(candidate, probability));
    return { ...textAndLog(token, probabilities.get(token) ?? 0), alternatives };
  }

  #penalties(): Pick<SequenceEvaluateOptions, 'repeatPenalty'> {
    const { repetitionPenalty, frequencyPenalty, presencePenalty } = this.#parameters;
    if (repetitionPenalty === 1 && frequencyPenalty === 0 && presencePenalty === 0) return {};
    // The repetition penalty counts the prompt's tokens too (Keskar et al. 2019, CTRL), OpenAI's penalties only the answer's.
    const counted = () =>
      repetitionPenalty === 1 ? this.#output : [...this.#input.slice(-PENALTY_WINDOW_TOKENS), ...this.#output];
    return {
      repeatPenalty: {
        punishTokens: () => counted().slice(-PENALTY_WINDOW_TOKENS),
        maxPunishTokens: PENALTY_WINDOW_TOKENS,
        penalty: repetitionPenalty,
        frequencyPenalty,
        presencePenalty,
      },
    };
  }

  /** How likely the tokens are that end an answer: not at all until the least number of tokens is there, and more with a length penalty. */
  #endBias(): Pick<SequenceEvaluateOptions, 'tokenBias'> {
    const { lengthPenalty, jsonGrammar } = this.#parameters;
    // When the JSON is whole, nothing but an end is left to draw.
    const minNewTokens = jsonGrammar === undefined ? this.#parameters.minNewTokens : 0;
    if (minNewTokens === 0 && lengthPenalty === undefined) return {};
    const { tokenizer, tokens } = this.#loaded.model;
    const ends = [tokens.eos, tokens.eot].filter((token) => token !== null);
    const biasOf = (bias: number) => biasTokens(new TokenBias(tokenizer), bias === 0 ? [] : ends, bias);
    return {
      tokenBias: () => {
        if (this.#output.length < minNewTokens) return biasOf(Number.NEGATIVE_INFINITY);
        const beyond = this.#output.length - (lengthPenalty?.startIndex ?? 0);
        if (lengthPenalty === undefined || beyond <= 0) return biasOf(0);
        return biasOf(Math.min(lengthPenalty.decayFactor ** beyond - 1, GREATEST_END_BIAS));
      },
    };
  }

  async #grammar(): Promise<Pick<SequenceEvaluateOptions, 'grammarEvaluationState'>> {
    const { jsonGrammar } = this.#parameters;
    if (jsonGrammar === undefined) return {};
    const { model } = this.#loaded;
    const grammar = await model.llama.createGrammar({ grammar: jsonGrammar });
    return { grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }) };
  }
}

/**
 * Biases tokens, those that end a generation too, which `TokenBias.set` passes over in silence. node-llama-cpp has no public way;
 * its version is pinned and the conformance suite asks for a least number of tokens, so a change of this field shows.
 */
function biasTokens(bias: TokenBias, tokens: readonly Token[], logit: number): TokenBias {
  const { _biases: biases } = bias as unknown as { readonly _biases: Map<Token, number> };
  for (const token of tokens) biases.set(token, logit);
  return bias;
}
