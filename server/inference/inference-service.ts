import { type Actor, AppError, type Authorize, type Clock, type Confidential } from '../core/index.ts';
import type { EmbeddingResult, Engine, EngineEvent, EngineModel, EnginePrompt, EngineRequest } from './engine.ts';
import { type Place, type QueueLimits, RequestQueue } from './request-queue.ts';

/** What a request tells while it waits and runs. */
export type InferenceEvent = { readonly type: 'queued'; readonly position: number } | EngineEvent;

/** In which project; none for the OpenAI API without a project. */
type Container = { readonly projectId?: string };

/** Running prompts, as the surfaces ask for it. Nothing of a request is kept after it. */
export type InferenceService = {
  listModels(actor: Actor): Promise<readonly (EngineModel & { readonly runsOn: string })[]>;
  /**
   * Runs a request on the engine that has the model, and no other. Tells `queued` while it waits, then what the engine tells.
   * Stopping the iteration, or aborting the signal, gives the place to the next.
   * @throws AppError `not-found` (project or model), `permission-denied`, `resource-exhausted` with `retryAfterSeconds` (queue full),
   *   `cancelled` (aborted while it waited), and what the engine throws.
   */
  stream(
    actor: Actor,
    request: Container & { readonly request: EngineRequest },
    signal: AbortSignal,
  ): AsyncIterable<InferenceEvent>;
  tokenize(
    actor: Actor,
    request: Container & { readonly modelId: string; readonly prompt: EnginePrompt },
  ): Promise<{ inputTokens: number; tokens: Confidential<readonly string[]>; contextLength: number }>;
  embed(
    actor: Actor,
    request: Container & { readonly modelId: string; readonly texts: Confidential<readonly string[]> },
  ): Promise<EmbeddingResult>;
  /** Process ids of engine children, for `cloister verify`. */
  engineProcessIds(): readonly number[];
};

/** How many requests may wait for one model. */
export type WaitingLimits = Omit<QueueLimits, 'concurrency'>;

const WAITING_LIMITS: WaitingLimits = { waitingPerUser: 8, waiting: 256 };

/** The weight of the newest duration in the running average. */
const NEWEST_WEIGHT = 0.2;

export function createInferenceService(options: {
  readonly engines: readonly Engine[];
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly limits?: Partial<WaitingLimits>;
}): InferenceService {
  const { engines, authorize, clock } = options;
  const limits = { ...WAITING_LIMITS, ...options.limits };
  const queues = new Map<string, RequestQueue>();
  let averageMs = 5_000;

  function mayRun(actor: Actor, { projectId }: Container): Promise<void> {
    return authorize(actor, projectId === undefined ? { action: 'run-model' } : { action: 'run-prompt', projectId });
  }

  async function find(modelId: string): Promise<{ engine: Engine; model: EngineModel }> {
    for (const engine of engines) {
      const model = (await engine.listModels()).find((candidate) => candidate.modelId === modelId);
      if (model !== undefined) return { engine, model };
    }
    throw new AppError(
      'not-found',
      `There is no model "${modelId.slice(0, 200)}" on this server. The Models page lists those that there are.`,
      {
        details: {
          reason: 'model-not-found',
          fields: [{ field: 'modelId', message: 'is not a model of this server' }],
        },
      },
    );
  }

  function queueOf(engine: Engine, modelId: string): RequestQueue {
    const name = `${engine.name}\0${modelId}`;
    const known = queues.get(name) ?? new RequestQueue({ concurrency: engine.concurrency, ...limits });
    queues.set(name, known);
    return known;
  }

  return {
    async listModels(actor) {
      await authorize(actor, { action: 'see-models' });
      const lists = await Promise.all(
        engines.map(async (engine) => (await engine.listModels()).map((model) => ({ ...model, runsOn: engine.name }))),
      );
      return lists.flat();
    },

    async *stream(actor, { projectId, request }, signal) {
      await mayRun(actor, projectId === undefined ? {} : { projectId });
      const { engine } = await find(request.modelId);
      const queue = queueOf(engine, request.modelId);
      const retryAfterSeconds = Math.ceil((averageMs * (queue.waiting + 1)) / engine.concurrency / 1000);
      const place = queue.enter(`${actor.accountId}/${actor.userId}`, signal, retryAfterSeconds);
      try {
        yield* waitFor(place);
        const startedMs = clock.monotonicMs();
        yield* engine.stream(request, signal);
        averageMs += NEWEST_WEIGHT * (clock.monotonicMs() - startedMs - averageMs);
      } finally {
        place.leave();
      }
    },

    async tokenize(actor, { modelId, prompt, ...container }) {
      await mayRun(actor, container);
      const { engine, model } = await find(modelId);
      return { ...(await engine.tokenize(modelId, prompt)), contextLength: model.contextLength };
    },

    async embed(actor, { modelId, texts, ...container }) {
      await mayRun(actor, container);
      const { engine } = await find(modelId);
      return engine.embed(modelId, texts);
    },

    engineProcessIds: () => engines.flatMap((engine) => engine.processIds()),
  };
}

async function* waitFor(place: Place): AsyncGenerator<InferenceEvent> {
  for (let position = place.position(); position > 0; position = place.position()) {
    yield { type: 'queued', position };
    await place.moved(position);
  }
}
