import { type Actor, AppError, type Authorize, type Clock, type Confidential } from '../core/index.ts';
import type { EmbeddingResult, Engine, EngineModel, EnginePrompt, EngineRequest, TokenPiece } from './engine.ts';
import type { ModelLifecycle } from './model-lifecycle.ts';
import { isInScope } from './model-scope.ts';
import type { ModelService } from './model-service.ts';
import type { Guardrails } from './moderation/guardrails.ts';
import { moderatePrompt } from './moderation/moderated-prompt.ts';
import { type ModeratedEvent, moderatedStream } from './moderation/moderated-stream.ts';
import type { Moderation } from './moderation/moderation.ts';
import { type Place, type QueueLimits, RequestQueue } from './request-queue.ts';

/** What a request tells while it waits and runs, and what was found in it where it asks for guardrails. */
export type InferenceEvent =
  | { readonly type: 'queued'; readonly position: number }
  | Exclude<ModeratedEvent, { type: 'done' }>
  | (Extract<ModeratedEvent, { type: 'done' }> & { readonly timings: GenerationTimings });

/** Why an answer ended. `blocked`: a guardrail refused the prompt, of which no engine heard, or ended the answer. */
export type StopReason = Extract<ModeratedEvent, { type: 'done' }>['stopReason'];

/** In milliseconds. */
export type GenerationTimings = {
  /** From the request to its place in the engine. */
  readonly queueMs: number;
  /** From the place to the first text; absent where there was none. */
  readonly firstTokenMs?: number;
  /** From the place to the end. */
  readonly totalMs: number;
};

/** In which project; none for the OpenAI API without a project. */
type Container = { readonly projectId?: string };

/** Running prompts, as the surfaces ask for it. Nothing of a request is kept after it. */
export type InferenceService = {
  listModels(actor: Actor): Promise<readonly (EngineModel & { readonly runsOn: string })[]>;
  /**
   * Runs a request on the engine that has the model, and no other. Tells `queued` while it waits, then what the engine tells.
   * Stopping the iteration, or aborting the signal, gives the place to the next.
   * @param request.guardrails checks the prompt before it waits: the engine gets it with what was found masked, or not at all
   * @throws AppError `not-found` (project or model), `failed-precondition` (a withdrawn model), `permission-denied`, `resource-exhausted` with `retryAfterSeconds` (queue full),
   *   `cancelled` (aborted while it waited), and what the engine throws.
   */
  stream(
    actor: Actor,
    request: Container & { readonly request: EngineRequest; readonly guardrails?: Guardrails },
    signal: AbortSignal,
  ): AsyncIterable<InferenceEvent>;
  /**
   * Counts a prompt's tokens. An engine does it at one stroke, in which it answers nobody: so a model does one at a time, each person in turn.
   * @throws AppError as {@link InferenceService.stream}; `resource-exhausted` to somebody who asks for more than four at once.
   */
  tokenize(
    actor: Actor,
    request: Container & { readonly modelId: string; readonly prompt: EnginePrompt },
    signal: AbortSignal,
  ): Promise<{ inputTokens: number; pieces: Confidential<readonly TokenPiece[]>; contextLength: number }>;
  /** Waits in the model's queue like {@link InferenceService.stream}, and throws what that throws. */
  embed(
    actor: Actor,
    request: Container & { readonly modelId: string; readonly texts: Confidential<readonly string[]> },
    signal: AbortSignal,
  ): Promise<EmbeddingResult>;
  /** Process ids of engine children, for `cloister verify`. */
  engineProcessIds(): readonly number[];
};

/** How many requests may wait for one model. */
export type WaitingLimits = Omit<QueueLimits, 'concurrency'>;

const WAITING_LIMITS: WaitingLimits = { waitingPerUser: 8, waiting: 256 };

const TOKENIZE_LIMITS: QueueLimits = { concurrency: 1, waitingPerUser: 3, waiting: 64 };
const TOKENIZE_RETRY_SECONDS = 1;

const none: Guardrails = { input: [], output: [] };

/** The weight of the newest duration in the running average. */
const NEWEST_WEIGHT = 0.2;

export function createInferenceService(options: {
  readonly engines: readonly Engine[];
  readonly models: Pick<ModelService, 'lifecycleOf'>;
  readonly moderation: Moderation;
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly limits?: Partial<WaitingLimits>;
}): InferenceService {
  const { engines, models, moderation, authorize, clock } = options;
  const limits = { ...WAITING_LIMITS, ...options.limits };
  const queues = new Map<string, RequestQueue>();
  const tokenizeQueues = new Map<string, RequestQueue>();
  let averageMs = 5_000;

  function mayRun(actor: Actor, { projectId }: Container, modelId: string): Promise<void> {
    return authorize(
      actor,
      projectId === undefined ? { action: 'run-model', modelId } : { action: 'run-prompt', projectId, modelId },
    );
  }

  async function find(modelId: string): Promise<{ engine: Engine; model: EngineModel }> {
    for (const engine of engines) {
      const model = (await engine.listModels()).find((candidate) => candidate.modelId === modelId);
      if (model === undefined) continue;
      refuseWithdrawn(modelId, models.lifecycleOf(modelId));
      return { engine, model };
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

  function enter(actor: Actor, engine: Engine, modelId: string, signal: AbortSignal): Place {
    const queue = queueOf(queues, engine, modelId, { concurrency: engine.concurrency, ...limits });
    const retryAfterSeconds = Math.ceil((averageMs * (queue.waiting + 1)) / engine.concurrency / 1000);
    return queue.enter(personOf(actor), signal, retryAfterSeconds);
  }

  /** An engine's events, and at the last one how long it took. */
  async function* timed(
    events: AsyncIterable<ModeratedEvent>,
    { enteredMs, startedMs }: { readonly enteredMs: number; readonly startedMs: number },
  ): AsyncGenerator<InferenceEvent> {
    let firstTokenMs: number | undefined;
    for await (const event of events) {
      if (event.type === 'text-delta') firstTokenMs ??= clock.monotonicMs() - startedMs;
      if (event.type !== 'done') {
        yield event;
        continue;
      }
      const timings = { queueMs: startedMs - enteredMs, totalMs: clock.monotonicMs() - startedMs };
      yield { ...event, timings: firstTokenMs === undefined ? timings : { ...timings, firstTokenMs } };
    }
  }

  async function checkPrompt(prompt: EnginePrompt, guardrails: Guardrails, signal: AbortSignal) {
    if (guardrails.input.length === 0) return { events: [], isBlocked: false, prompt };
    return moderatePrompt(moderation, guardrails, prompt, signal);
  }

  function countDuration(startedMs: number): void {
    averageMs += NEWEST_WEIGHT * (clock.monotonicMs() - startedMs - averageMs);
  }

  return {
    async listModels(actor) {
      await authorize(actor, { action: 'see-models' });
      const lists = await Promise.all(
        engines.map(async (engine) => (await engine.listModels()).map((model) => ({ ...model, runsOn: engine.name }))),
      );
      return lists.flat().filter(({ modelId }) => isInScope(actor, modelId));
    },

    async *stream(actor, { projectId, request, guardrails = none }, signal) {
      await mayRun(actor, projectId === undefined ? {} : { projectId }, request.modelId);
      const { engine } = await find(request.modelId);
      const { events, isBlocked, prompt } = await checkPrompt(request.prompt, guardrails, signal);
      yield* events;
      if (isBlocked) {
        const timings = { queueMs: 0, totalMs: 0 };
        yield { type: 'done', stopReason: 'blocked', inputTokens: 0, outputTokens: 0, timings };
        return;
      }
      const enteredMs = clock.monotonicMs();
      const place = enter(actor, engine, request.modelId, signal);
      try {
        yield* waitFor(place);
        const startedMs = clock.monotonicMs();
        const answer = engine.stream({ ...request, prompt }, signal);
        yield* timed(guardrails.output.length === 0 ? answer : moderatedStream(answer, guardrails.output, moderation), {
          enteredMs,
          startedMs,
        });
        countDuration(startedMs);
      } finally {
        place.leave();
      }
    },

    async tokenize(actor, { modelId, prompt, ...container }, signal) {
      await mayRun(actor, container, modelId);
      const { engine, model } = await find(modelId);
      const queue = queueOf(tokenizeQueues, engine, modelId, TOKENIZE_LIMITS);
      const place = queue.enter(personOf(actor), signal, TOKENIZE_RETRY_SECONDS);
      return inPlace(place, async () => ({
        ...(await engine.tokenize(modelId, prompt)),
        contextLength: model.contextLength,
      }));
    },

    async embed(actor, { modelId, texts, ...container }, signal) {
      await mayRun(actor, container, modelId);
      const { engine } = await find(modelId);
      return inPlace(enter(actor, engine, modelId, signal), async () => {
        const startedMs = clock.monotonicMs();
        const result = await engine.embed(modelId, texts);
        countDuration(startedMs);
        return result;
      });
    },

    engineProcessIds: () => engines.flatMap((engine) => engine.processIds()),
  };
}

function refuseWithdrawn(modelId: string, { state, withdrawnOn }: ModelLifecycle): void {
  if (state !== 'withdrawn') return;
  const message = `was withdrawn on ${withdrawnOn}`;
  throw new AppError(
    'failed-precondition',
    `The model "${modelId}" ${message}. Choose another: the Models page lists those that there are.`,
    { details: { reason: 'model-withdrawn', fields: [{ field: 'modelId', message }] } },
  );
}

function queueOf(
  queues: Map<string, RequestQueue>,
  engine: Engine,
  modelId: string,
  limits: QueueLimits,
): RequestQueue {
  const name = `${engine.name}\0${modelId}`;
  const queue = queues.get(name) ?? new RequestQueue(limits);
  queues.set(name, queue);
  return queue;
}

function personOf({ accountId, userId }: Actor): string {
  return `${accountId}/${userId}`;
}

/** Works when it is the place's turn, and gives the place back. */
async function inPlace<T>(place: Place, work: () => Promise<T>): Promise<T> {
  try {
    for (let position = place.position(); position > 0; position = place.position()) await place.moved(position);
    return await work();
  } finally {
    place.leave();
  }
}

async function* waitFor(place: Place): AsyncGenerator<InferenceEvent> {
  for (let position = place.position(); position > 0; position = place.position()) {
    yield { type: 'queued', position };
    await place.moved(position);
  }
}
