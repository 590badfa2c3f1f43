/** Engine adapter: llama.cpp in a child process behind walls. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { AppError, type Clock, Confidential, type Logger } from '../core/index.ts';
import type { Engine, EngineEvent, EngineModel, EnginePrompt, EngineRequest } from './engine.ts';
import { EngineChild } from './engine-child.ts';
import { type EngineWalls, isWalledByKernel, walledCommand } from './engine-walls.ts';
import { EventQueue } from './event-queue.ts';
import { jsonGrammar } from './json-grammar.ts';
import type {
  ChildFailure,
  ChildModel,
  ChildParameters,
  ChildPrompt,
  FromChild,
  ToChild,
} from './llama-cpp-protocol.ts';
import type { ModelService } from './model-service.ts';

/** How many models are held in memory at once; the one that was idle longest makes room. */
const MAX_LOADED_MODELS = 2;

export type LlamaCppEngineOptions = {
  /** Where the models are, and when they change. */
  readonly models: Pick<ModelService, 'installedModels' | 'onModelsChanged'>;
  /** Folder that the child may read model files from. */
  readonly modelsDirectory: string;
  /** Folders and files of the deployment that the child must not see, sockets' and keys' among them. */
  readonly hiddenPaths?: readonly string[];
  /** Processor threads. Default: see {@link defaultThreads}. */
  readonly threads?: number;
  /** Requests that one model runs at the same time, each with a context of its own. */
  readonly sequences: number;
  /** Most tokens of prompt and answer together, for each request. */
  readonly contextLength: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a silent child is borne, in milliseconds; for tests. */
  readonly endAfterSilenceMs?: number;
};

type Running = { readonly answers: EventQueue<FromChild> /** When it told something last. */; movedMs: number };

export type LlamaCppEngine = Engine & { readonly walls: EngineWalls };

/**
 * All cores but one. llama.cpp's threads wait for each other by spinning, many times a token: when anything else takes one of their cores
 * (this server, PostgreSQL), all of them stand. Measured: docs/decisions/0005-engine-threads.md.
 */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Starts the child at once, so that the first request does not wait for it. Models are loaded when they are first asked for. */
export function createLlamaCppEngine(options: LlamaCppEngineOptions): LlamaCppEngine {
  const { models, sequences, clock } = options;
  const running = new Map<number, Running>();
  let lastId = 0;

  const command = walledCommand(resolve(import.meta.dirname, 'llama-cpp-child.ts'), {
    modelsDirectory: options.modelsDirectory,
    hidden: options.hiddenPaths ?? [],
  });
  if (!isWalledByKernel(command.walls))
    options.logger.warn(
      'the kernel does not hold every wall around the engine; `cloister doctor` names those it does not',
    );
  const child = new EngineChild({
    command,
    settings: {
      kind: 'settings',
      settings: { threads: options.threads ?? defaultThreads(), sequences, maxLoadedModels: MAX_LOADED_MODELS },
    },
    logger: options.logger,
    monotonicMs: clock.monotonicMs,
    onMessage: (message) => {
      const request = 'id' in message ? running.get(message.id) : undefined;
      if (request === undefined) return;
      request.movedMs = clock.monotonicMs();
      request.answers.push(message);
    },
    onEnd: () => {
      for (const { answers } of running.values()) answers.fail(engineEnded());
    },
    stillSinceMs: () =>
      running.size === 0 ? undefined : Math.min(...Array.from(running.values(), ({ movedMs }) => movedMs)),
    ...(options.endAfterSilenceMs === undefined ? {} : { endAfterSilenceMs: options.endAfterSilenceMs }),
  });
  const forgetListener = models.onModelsChanged((modelId) => void child.send({ kind: 'unload', modelId }));

  /** Sends a request to the child and gives its answers until the last one. */
  async function* ask(
    makeRequest: (id: number) => ToChild,
    signal?: AbortSignal,
  ): AsyncGenerator<Exclude<FromChild, { kind: 'pong' | 'failed' }>> {
    lastId += 1;
    const id = lastId;
    const answers = new EventQueue<FromChild>();
    const abort = () => void child.send({ kind: 'abort', id });
    let isDone = false;
    if (!child.send(makeRequest(id))) throw engineEnded();
    running.set(id, { answers, movedMs: clock.monotonicMs() });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      for (;;) {
        const answer = await answers.next();
        isDone = answer.kind === 'failed' || LAST_ANSWERS.has(answer.kind);
        if (answer.kind === 'failed') throw toAppError(answer.failure);
        if (answer.kind !== 'pong') yield answer;
        if (isDone) return;
      }
    } catch (error) {
      isDone = true;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      if (!isDone) await endEarly(answers, abort);
      running.delete(id);
    }
  }

  async function find(modelId: string): Promise<ChildModel> {
    const model = (await models.installedModels()).find((candidate) => candidate.modelId === modelId);
    if (model === undefined) {
      throw new AppError('not-found', `There is no model "${modelId.slice(0, 200)}" on this server.`, {
        details: {
          reason: 'model-not-found',
          fields: [{ field: 'modelId', message: 'is not a model of this server' }],
        },
      });
    }
    return { modelId, path: model.path, contextLength: Math.min(model.contextLength, options.contextLength) };
  }

  return {
    name: 'on this server',
    concurrency: sequences,

    async listModels() {
      return (await models.installedModels()).map(
        ({ modelId, contextLength, functions }): EngineModel => ({
          modelId,
          contextLength: Math.min(contextLength, options.contextLength),
          functions,
        }),
      );
    },

    async *stream(request, signal): AsyncGenerator<EngineEvent> {
      const model = await find(request.modelId);
      const parts = { model, prompt: openPrompt(request.prompt), parameters: openParameters(request) };
      for await (const answer of ask((id) => ({ kind: 'generate', id, ...parts }), signal)) {
        const event = toEvent(answer);
        if (event !== undefined) yield event;
      }
    },

    async tokenize(modelId, prompt) {
      const model = await find(modelId);
      for await (const answer of ask((id) => ({ kind: 'tokenize', id, model, prompt: openPrompt(prompt) }))) {
        if (answer.kind === 'tokens')
          return { inputTokens: answer.inputTokens, pieces: Confidential.of(answer.pieces) };
      }
      throw engineEnded();
    },

    async embed(modelId, texts) {
      const model = await find(modelId);
      const opened = texts.reveal('send-to-engine');
      for await (const answer of ask((id) => ({ kind: 'embed', id, model, texts: opened }))) {
        if (answer.kind === 'vectors')
          return { vectors: Confidential.of(answer.vectors), inputTokens: answer.inputTokens };
      }
      throw engineEnded();
    },

    processIds: () => (child.processId === undefined ? [] : [child.processId]),
    walls: child.walls,

    async close() {
      forgetListener();
      await child.close();
    },
  };
}

const LAST_ANSWERS: ReadonlySet<FromChild['kind']> = new Set(['done', 'tokens', 'vectors']);

/** Whoever stops reading ends the request; its place is free when the child says that it is. */
async function endEarly(answers: EventQueue<FromChild>, abort: () => void): Promise<void> {
  abort();
  try {
    for (;;) {
      const { kind } = await answers.next();
      if (kind === 'failed' || LAST_ANSWERS.has(kind)) return;
    }
  } catch {
    // The child ended: so did the request.
  }
}

function openPrompt(prompt: EnginePrompt): ChildPrompt {
  return prompt.mode === 'text'
    ? { mode: 'text', text: prompt.text.reveal('send-to-engine') }
    : { mode: 'chat', messages: prompt.messages.reveal('send-to-engine') };
}

function openParameters({ parameters }: EngineRequest): ChildParameters {
  const { jsonShape, stopSequences, ...others } = parameters;
  return {
    ...others,
    stopSequences: stopSequences.reveal('send-to-engine'),
    ...(jsonShape === undefined ? {} : { jsonGrammar: jsonGrammar(jsonShape.reveal('send-to-engine')) }),
  };
}

function toEvent(answer: FromChild): EngineEvent | undefined {
  switch (answer.kind) {
    case 'started':
      return { type: 'started', inputTokens: answer.inputTokens };
    case 'delta':
      return {
        type: 'text-delta',
        text: Confidential.of(answer.text),
        outputTokens: answer.outputTokens,
        ...(answer.logProbabilities === undefined
          ? {}
          : { logProbabilities: Confidential.of(answer.logProbabilities) }),
      };
    case 'done':
      return {
        type: 'done',
        stopReason: answer.stopReason,
        inputTokens: answer.inputTokens,
        outputTokens: answer.outputTokens,
      };
    default:
      return undefined;
  }
}

function engineEnded(): AppError {
  return new AppError(
    'unavailable',
    'The engine ended while it worked on this request. It is starting again; try again.',
    {
      details: { reason: 'engine-ended', retryAfterSeconds: 2 },
    },
  );
}

function toAppError(failure: ChildFailure): AppError {
  switch (failure.why) {
    case 'prompt-too-long':
      return promptTooLong(failure.inputTokens, failure.contextLength, failure.isLeast);
    case 'model-not-loadable':
      return new AppError(
        'failed-precondition',
        "The model's file cannot be loaded: it is damaged, or of a kind that this engine does not know. Whoever manages the models can remove it and fetch or import it again.",
        { details: { reason: 'model-not-loadable' } },
      );
    case 'no-chat-template':
      return new AppError(
        'invalid-argument',
        'This model has no chat template: it continues text. Send the text as one prompt (freeform, text generation).',
        { details: { reason: 'no-chat-template', fields: [{ field: 'modelId', message: 'has no chat template' }] } },
      );
    case 'no-embeddings':
      return new AppError('failed-precondition', 'This model makes no embeddings.', {
        details: { reason: 'no-embeddings' },
      });
    case 'engine-failed':
      return new AppError('unavailable', 'The engine failed on this request. Try again.', {
        details: { reason: 'engine-failed', retryAfterSeconds: 1 },
      });
  }
}

/** Of a prompt that leaves no room for an answer. */
export function promptTooLong(inputTokens: number, contextLength: number, isLeast = false): AppError {
  const message = `has ${isLeast ? 'at least ' : ''}${inputTokens} tokens; the context of this model has room for ${contextLength}, prompt and answer together`;
  return new AppError(
    'invalid-argument',
    `The prompt ${message}. Shorten it, or choose a model with a longer context.`,
    {
      details: { reason: 'token-limit-exceeded', fields: [{ field: 'prompt', message }] },
    },
  );
}
