/** The models that the engine's child holds in memory. */
import {
  type ChatHistoryItem,
  type ChatWrapper,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaEmbeddingContext,
  type LlamaModel,
  resolveChatWrapper,
  type Token,
} from 'node-llama-cpp';
import type { ChatMessage, TokenPiece } from './engine.ts';
import type { ChildFailure, ChildModel, ChildPrompt, ChildSettings } from './llama-cpp-protocol.ts';

/** What a detokenizer gives for bytes that are not a character yet. */
export const REPLACEMENT_CHARACTER = '\uFFFD';
/** One that the text itself has must not gather the rest of the text behind it. */
const MOST_TOKENS_OF_A_PIECE = 16;
/** A cut text may begin in the middle of a token; the first tokens after the cut then are others than in the whole text. */
const SPARE_TOKENS = 64;

/** A failure that the server turns into words. Holds no content. */
export class EngineFailure extends Error {
  readonly failure: ChildFailure;

  constructor(failure: ChildFailure) {
    super(failure.why);
    this.failure = failure;
  }
}

type Entry = {
  readonly loading: Promise<LoadedModel>;
  /** Requests that use it or wait for it. */
  users: number;
};

/** Loads models when they are first needed, and lets the one go that was idle longest when there are too many. */
export class LoadedModels {
  readonly #llama: Llama;
  readonly #settings: ChildSettings;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  /** Models whose file changed or went, until their last request has ended. */
  readonly #retired = new Set<Entry>();

  constructor(llama: Llama, settings: ChildSettings) {
    this.#llama = llama;
    this.#settings = settings;
  }

  /** Runs `work` with the model, loaded for as long as that takes. */
  async use(model: ChildModel, work: (loaded: LoadedModel) => Promise<void>): Promise<void> {
    const entry = this.#entryOf(model);
    entry.users += 1;
    try {
      await work(await entry.loading);
    } finally {
      entry.users -= 1;
      await this.#letGo(this.#settings.maxLoadedModels);
    }
  }

  async unload(modelId: string): Promise<void> {
    const entry = this.#entries.get(modelId);
    if (entry === undefined) return;
    this.#entries.delete(modelId);
    this.#retired.add(entry);
    await this.#letGo(this.#settings.maxLoadedModels);
  }

  #entryOf(model: ChildModel): Entry {
    const known = this.#entries.get(model.modelId);
    const entry = known ?? { loading: this.#load(model), users: 0 };
    // To the end of the order.
    this.#entries.delete(model.modelId);
    this.#entries.set(model.modelId, entry);
    entry.loading.catch(() => {
      if (this.#entries.get(model.modelId) === entry) this.#entries.delete(model.modelId);
    });
    return entry;
  }

  async #load(model: ChildModel): Promise<LoadedModel> {
    // When all others are in use there is one too many for a while: better than to wait for somebody's long answer.
    await this.#letGo(this.#settings.maxLoadedModels - 1);
    try {
      const file = await this.#llama.loadModel({ modelPath: model.path });
      return new LoadedModel(file, model.contextLength, this.#settings);
    } catch {
      throw new EngineFailure({ why: 'model-not-loadable' });
    }
  }

  /** Frees what nobody uses: retired models, and the longest idle ones beyond that number. */
  async #letGo(mostLoaded: number): Promise<void> {
    const idle = [...this.#retired].filter(({ users }) => users === 0);
    for (const entry of idle) this.#retired.delete(entry);
    for (const [modelId, entry] of [...this.#entries]) {
      if (this.#entries.size <= mostLoaded) break;
      if (entry.users > 0) continue;
      this.#entries.delete(modelId);
      idle.push(entry);
    }
    for (const { loading } of idle) await loading.then((loaded) => loaded.model.dispose()).catch(() => {});
  }
}

/** One model with a context of several sequences, each of which runs one request at a time. */
export class LoadedModel {
  readonly model: LlamaModel;
  readonly contextLength: number;
  readonly #settings: ChildSettings;
  #context: Promise<LlamaContext> | undefined;
  #embedding: Promise<LlamaEmbeddingContext> | undefined;
  #chatWrapper: ChatWrapper | undefined;
  #longestTokenBytes: number | undefined;
  readonly #free: LlamaContextSequence[] = [];
  readonly #waiting: ((sequence: LlamaContextSequence) => void)[] = [];

  constructor(model: LlamaModel, contextLength: number, settings: ChildSettings) {
    this.model = model;
    this.contextLength = contextLength;
    this.#settings = settings;
  }

  /**
   * The tokens of a prompt. Words of the prompt never become control tokens, whatever they spell.
   * @param mostTokens only so many of the last ones
   */
  tokensOf(prompt: ChildPrompt, mostTokens?: number): Token[] {
    const most = mostTokens ?? Number.POSITIVE_INFINITY;
    const isCut = prompt.mode === 'text' && most < this.contextLength;
    if (!isCut) this.#refuseHopelessLength(prompt);
    if (prompt.mode === 'chat') return this.#chatTokens(prompt.messages).slice(-most);
    const tokens = this.model.tokenize(isCut ? this.#endOf(prompt.text, most) : prompt.text, false);
    const { bos, shouldPrependBosToken } = this.model.tokens;
    if (!shouldPrependBosToken || bos === null) return tokens.slice(-most);
    return [bos, ...tokens.slice(Math.max(0, tokens.length - most + 1))];
  }

  /** The tokens as text, in pieces that are whole characters each. */
  piecesOf(tokens: readonly Token[]): TokenPiece[] {
    const pieces: TokenPiece[] = [];
    let start = 0;
    for (let end = 1; end <= tokens.length; end += 1) {
      const group = tokens.slice(start, end);
      const text = this.textOf(group, true, tokens.slice(Math.max(0, start - 3), start));
      const isWhole = !text.endsWith(REPLACEMENT_CHARACTER) || group.length >= MOST_TOKENS_OF_A_PIECE;
      if (!isWhole && end < tokens.length) continue;
      pieces.push({
        text,
        tokenCount: group.length,
        isSpecial: group.every((token) => this.model.isSpecialToken(token)),
      });
      start = end;
    }
    return pieces;
  }

  textOf(tokens: readonly Token[], specialTokens: boolean, before: readonly Token[] = []): string {
    return this.model.detokenize(tokens, specialTokens, before);
  }

  /** A sequence with nothing in it; give it back with {@link giveBack}. */
  async takeSequence(): Promise<LlamaContextSequence> {
    await this.#openContext();
    return (
      this.#free.pop() ??
      new Promise((resolve) => {
        this.#waiting.push(resolve);
      })
    );
  }

  /** Clears what the request left in the KV cache, before anybody else gets the sequence. */
  async giveBack(sequence: LlamaContextSequence): Promise<void> {
    await sequence.clearHistory();
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(sequence);
    else next(sequence);
  }

  async embed(texts: readonly string[]): Promise<{ vectors: readonly (readonly number[])[]; inputTokens: number }> {
    try {
      this.#embedding ??= this.model
        .createEmbeddingContext({ contextSize: this.contextLength, threads: this.#settings.threads })
        .catch((error: unknown) => {
          this.#embedding = undefined;
          throw error;
        });
      const context = await this.#embedding;
      let inputTokens = 0;
      const vectors: (readonly number[])[] = [];
      for (const text of texts) {
        const tokens = this.model.tokenize(text, false);
        if (tokens.length > this.contextLength) {
          throw new EngineFailure({
            why: 'prompt-too-long',
            inputTokens: tokens.length,
            isLeast: false,
            contextLength: this.contextLength,
          });
        }
        inputTokens += tokens.length;
        vectors.push((await context.getEmbeddingFor(tokens)).vector);
      }
      return { vectors, inputTokens };
    } catch (error) {
      throw error instanceof EngineFailure ? error : new EngineFailure({ why: 'no-embeddings' });
    }
  }

  /** Tokenising is work for this process alone: what cannot fit, however well it divides into tokens, is not begun. */
  #refuseHopelessLength(prompt: ChildPrompt): void {
    const texts = prompt.mode === 'text' ? [prompt.text] : prompt.messages.map(({ content }) => content);
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const fewestTokens = Math.ceil(bytes / this.#bytesOfLongestToken());
    if (fewestTokens <= this.contextLength) return;
    const { contextLength } = this;
    throw new EngineFailure({ why: 'prompt-too-long', inputTokens: fewestTokens, isLeast: true, contextLength });
  }

  /** As much of the end of a text as can matter for its last tokens, so that no more is divided than is read. */
  #endOf(text: string, tokens: number): string {
    // Each UTF-16 unit is a byte at least, so this many hold that many bytes.
    return text.slice(-(tokens + SPARE_TOKENS) * this.#bytesOfLongestToken()).toWellFormed();
  }

  #bytesOfLongestToken(): number {
    this.#longestTokenBytes ??= longestTokenBytes(this.model);
    return this.#longestTokenBytes;
  }

  #openContext(): Promise<LlamaContext> {
    const { sequences, threads } = this.#settings;
    this.#context ??= this.model
      .createContext({ sequences, threads, contextSize: this.contextLength })
      .then((context) => {
        for (let count = 0; count < sequences; count += 1) this.#free.push(context.getSequence());
        return context;
      })
      .catch((error: unknown) => {
        // There may be memory for it the next time.
        this.#context = undefined;
        throw error;
      });
    return this.#context;
  }

  /** By the model's own template, as its GGUF file has it. */
  #chatTokens(messages: readonly ChatMessage[]): Token[] {
    if (this.model.fileInfo.metadata.tokenizer?.chat_template === undefined)
      throw new EngineFailure({ why: 'no-chat-template' });
    this.#chatWrapper ??= resolveChatWrapper(this.model);
    const chatHistory: ChatHistoryItem[] = [...messages.map(toHistoryItem), { type: 'model', response: [''] }];
    return this.#chatWrapper.generateContextState({ chatHistory }).contextText.tokenize(this.model.tokenizer);
  }
}

/** Of the whole vocabulary; in SmolLM2's it is a run of spaces. */
function longestTokenBytes(model: LlamaModel): number {
  let longest = 1;
  for (const token of model.iterateAllTokens())
    longest = Math.max(longest, Buffer.byteLength(model.detokenize([token], true)));
  return longest;
}

function toHistoryItem({ role, content }: ChatMessage): ChatHistoryItem {
  switch (role) {
    case 'system':
      return { type: 'system', text: content };
    case 'user':
      return { type: 'user', text: content };
    case 'assistant':
      return { type: 'model', response: [content] };
  }
}
