import { describe, expect, it } from 'vitest';
import { type Actor, AppError, type Authorize, Confidential, newId } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import type { Engine, EngineRequest } from './engine.ts';
import { createInferenceService, type InferenceEvent } from './inference-service.ts';
import { createMemoryEngine } from './memory-engine.ts';
import { lifecycleAt, unlimitedLifecycle } from './model-lifecycle.ts';
import type { ModelService } from './model-service.ts';
import type { Guardrails } from './moderation/guardrails.ts';
import { createMemoryModeration } from './moderation/memory-moderation.ts';
import { greedyParameters } from './testing.ts';

const ada: Actor = { accountId: newId(), userId: newId(), via: 'api-key' };
const eve: Actor = { ...ada, userId: newId() };
const never = new AbortController().signal;
const parameters = { ...greedyParameters, maxNewTokens: 3 };

function requestOf(modelId = 'memory/chat'): { request: EngineRequest } {
  return { request: { modelId, prompt: { mode: 'text', text: Confidential.of('x') }, parameters } };
}

const offered = { lifecycleOf: () => lifecycleAt(unlimitedLifecycle, new Date(0)) };

type ServiceParts = {
  engines?: readonly Engine[];
  models?: Pick<ModelService, 'lifecycleOf'>;
  authorize?: Authorize;
  waitingPerUser?: number;
};

function serviceOf(options: ServiceParts = {}) {
  const {
    engines = [createMemoryEngine({ concurrency: 1 })],
    models = offered,
    authorize = async () => {},
    waitingPerUser = 8,
  } = options;
  const moderation = createMemoryModeration({});
  return createInferenceService({
    engines,
    models,
    moderation,
    authorize,
    clock: manualClock(),
    limits: { waitingPerUser },
  });
}

async function typesOf(events: AsyncIterable<InferenceEvent>): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of events) types.push(type);
  return types;
}

describe('running prompts', () => {
  it('asks whether the actor may before anything else', async () => {
    const asked: object[] = [];
    const service = serviceOf({
      authorize: async (_actor, request) => {
        asked.push(request);
        throw new AppError('permission-denied', 'no');
      },
    });
    const refusal = { code: 'permission-denied' };
    await expect(typesOf(service.stream(ada, requestOf('nobody/nothing'), never))).rejects.toMatchObject(refusal);
    await expect(typesOf(service.stream(ada, { projectId: 'p', ...requestOf() }, never))).rejects.toMatchObject(
      refusal,
    );
    await expect(
      service.tokenize(ada, { projectId: 'p', modelId: 'memory/chat', prompt: requestOf().request.prompt }, never),
    ).rejects.toMatchObject(refusal);
    await expect(
      service.embed(ada, { modelId: 'memory/chat', texts: Confidential.of(['x']) }, never),
    ).rejects.toMatchObject(refusal);
    await expect(service.listModels(ada)).rejects.toMatchObject(refusal);
    expect(asked).toEqual([
      { action: 'run-model', modelId: 'nobody/nothing' },
      { action: 'run-prompt', projectId: 'p', modelId: 'memory/chat' },
      { action: 'run-prompt', projectId: 'p', modelId: 'memory/chat' },
      { action: 'run-model', modelId: 'memory/chat' },
      { action: 'see-models' },
    ]);
  });

  it('goes to the engine that has the model, and says which one', async () => {
    const other = { modelId: 'other/model', contextLength: 64, functions: ['text_generation' as const] };
    const second = { ...createMemoryEngine({ models: [other] }), name: 'elsewhere' };
    const service = serviceOf({ engines: [createMemoryEngine(), second] });
    expect(await typesOf(service.stream(ada, requestOf('other/model'), never))).toContain('done');
    expect((await service.listModels(ada)).map(({ modelId, runsOn }) => [modelId, runsOn])).toEqual([
      ['memory/chat', 'in memory'],
      ['memory/text', 'in memory'],
      ['other/model', 'elsewhere'],
    ]);
    const limited = { ...ada, scope: { modelIds: ['memory/text', 'nobody/nothing'] } };
    expect((await service.listModels(limited)).map(({ modelId }) => modelId)).toEqual(['memory/text']);
  });

  it('names the field of a model that is not there by the domain’s name, and quotes no more than an id of it', async () => {
    const error = await typesOf(serviceOf().stream(ada, requestOf('x'.repeat(5000)), never)).then(
      () => undefined,
      (reason: unknown) => reason as AppError,
    );
    expect(error).toMatchObject({
      code: 'not-found',
      details: { reason: 'model-not-found', fields: [{ field: 'modelId' }] },
    });
    expect(error?.message.length).toBeLessThan(400);
  });

  it('refuses a model that was withdrawn by its name, and still runs a deprecated one', async () => {
    const days = { ...unlimitedLifecycle, deprecatedOn: '2026-01-01', withdrawnOn: '2026-02-01' };
    const on = (day: string) => ({ lifecycleOf: () => lifecycleAt(days, new Date(day)) });
    const { prompt } = requestOf().request;
    const deprecated = serviceOf({ models: on('2026-01-31T23:59:59Z') });
    expect(await typesOf(deprecated.stream(ada, requestOf(), never))).toContain('done');
    const withdrawn = serviceOf({ models: on('2026-02-01T00:00:00Z') });
    const refusal = {
      code: 'failed-precondition',
      message: expect.stringContaining('"memory/chat" was withdrawn on 2026-02-01'),
      details: { reason: 'model-withdrawn', fields: [{ field: 'modelId' }] },
    };
    await expect(typesOf(withdrawn.stream(ada, requestOf(), never))).rejects.toMatchObject(refusal);
    await expect(withdrawn.tokenize(ada, { modelId: 'memory/chat', prompt }, never)).rejects.toMatchObject(refusal);
    const texts = Confidential.of(['x']);
    await expect(withdrawn.embed(ada, { modelId: 'memory/chat', texts }, never)).rejects.toMatchObject(refusal);
  });

  it('tells the place in the queue while it waits, then what the engine tells', async () => {
    const service = serviceOf();
    const running = service.stream(ada, requestOf(), never)[Symbol.asyncIterator]();
    expect((await running.next()).value).toMatchObject({ type: 'started' });
    const waiting = service.stream(eve, requestOf(), never)[Symbol.asyncIterator]();
    expect((await waiting.next()).value).toEqual({ type: 'queued', position: 1 });
    const next = waiting.next();
    // Nobody reads on: the place is free because the reading was ended.
    await running.return?.();
    expect((await next).value).toMatchObject({ type: 'started' });
  });

  it('tells how long a request waited, and from its place on to the first text and to the end', async () => {
    const clock = manualClock();
    const held = createMemoryEngine({ concurrency: 1 });
    const slow: Engine = {
      ...held,
      async *stream(request, signal) {
        for await (const event of held.stream(request, signal)) {
          clock.advance(event.type === 'started' ? 0 : 10);
          yield event;
        }
      },
    };
    const service = createInferenceService({
      engines: [slow],
      models: offered,
      moderation: createMemoryModeration({}),
      authorize: async () => {},
      clock,
    });
    const first = service.stream(ada, requestOf(), never)[Symbol.asyncIterator]();
    await first.next();
    const second = service.stream(eve, requestOf(), never)[Symbol.asyncIterator]();
    await second.next();
    clock.advance(500);
    await first.return?.();
    let last: InferenceEvent | undefined;
    for await (const event of { [Symbol.asyncIterator]: () => second }) last = event;
    expect(last).toMatchObject({ type: 'done', timings: { queueMs: 500, firstTokenMs: 10, totalMs: 40 } });
  });

  it('gives the place on when the engine fails', async () => {
    let calls = 0;
    const engine = createMemoryEngine({ concurrency: 1 });
    const failing: Engine = {
      ...engine,
      async *stream(request, signal) {
        calls += 1;
        if (calls === 1) throw new AppError('unavailable', 'The engine ended.');
        yield* engine.stream(request, signal);
      },
    };
    const service = serviceOf({ engines: [failing] });
    await expect(typesOf(service.stream(ada, requestOf(), never))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await typesOf(service.stream(ada, requestOf(), never))).not.toContain('queued');
  });

  it('ends as cancelled when it is aborted while it waits', async () => {
    const service = serviceOf();
    const running = service.stream(ada, requestOf(), never)[Symbol.asyncIterator]();
    await running.next();
    const controller = new AbortController();
    const waiting = service.stream(ada, requestOf(), controller.signal)[Symbol.asyncIterator]();
    await waiting.next();
    controller.abort();
    await expect(waiting.next()).rejects.toMatchObject({ code: 'cancelled' });
    await running.return?.();
  });

  it('refuses what is one too many, with a time that grows with the queue', async () => {
    const service = serviceOf({ waitingPerUser: 1 });
    const start = async (actor: Actor) => {
      const events = service.stream(actor, requestOf(), never)[Symbol.asyncIterator]();
      await events.next();
      return events;
    };
    const running = [await start(ada), await start(ada)];
    const secondsFor = async (actor: Actor) =>
      start(actor).then(
        () => 0,
        (error: AppError) => error.details.retryAfterSeconds ?? 0,
      );
    const before = await secondsFor(ada);
    expect(before).toBeGreaterThan(0);
    running.push(await start(eve));
    expect(await secondsFor(ada)).toBeGreaterThan(before);
    for (const events of running.reverse()) void events.return?.();
  });
});

describe('counting tokens', () => {
  it('tells the context length with them', async () => {
    const prompt = { mode: 'text' as const, text: Confidential.of('one two three') };
    expect(await serviceOf().tokenize(ada, { modelId: 'memory/chat', prompt }, never)).toMatchObject({
      inputTokens: 3,
      contextLength: 512,
    });
  });

  /** An engine that counts nothing before the test lets it. */
  function slowService() {
    const held = Promise.withResolvers<void>();
    const order: string[] = [];
    let running = 0;
    let mostRunning = 0;
    const engine = createMemoryEngine();
    const slow: Engine = {
      ...engine,
      async tokenize(modelId, prompt) {
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        await held.promise;
        running -= 1;
        return engine.tokenize(modelId, prompt);
      },
    };
    const service = serviceOf({ engines: [slow] });
    const count = async (actor: Actor, signal = never): Promise<void> => {
      const prompt = { mode: 'text' as const, text: Confidential.of('x') };
      await service.tokenize(actor, { modelId: 'memory/chat', prompt }, signal);
      order.push(actor === ada ? 'ada' : 'eve');
    };
    return { count, letGo: held.resolve, order, mostRunning: () => mostRunning };
  }

  it('is refused to somebody who asks for a fifth at once, and somebody else has a turn before the fourth', async () => {
    const { count, letGo, order, mostRunning } = slowService();
    const counting = [count(ada), count(ada), count(ada), count(ada)];
    await expect(count(ada)).rejects.toMatchObject({
      code: 'resource-exhausted',
      details: { reason: 'queue-full', retryAfterSeconds: 1 },
    });
    counting.push(count(eve));
    letGo();
    await Promise.all(counting);
    expect(order).toEqual(['ada', 'ada', 'eve', 'ada', 'ada']);
    expect(mostRunning()).toBe(1);
    await count(ada);
  });

  it('is given up with the request', async () => {
    const { count, letGo, order } = slowService();
    const first = count(ada);
    const controller = new AbortController();
    const second = count(ada, controller.signal);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    letGo();
    await first;
    expect(order).toEqual(['ada']);
  });
});

describe('embedding', () => {
  it('waits its turn in the queue of the model, and is refused when that is full', async () => {
    const service = serviceOf({ waitingPerUser: 1 });
    const running = service.stream(ada, requestOf(), never)[Symbol.asyncIterator]();
    await running.next();
    const embed = () => service.embed(ada, { modelId: 'memory/chat', texts: Confidential.of(['x']) }, never);
    let isDone = false;
    const waiting = embed().then(() => {
      isDone = true;
    });
    await expect(embed()).rejects.toMatchObject({ code: 'resource-exhausted', details: { reason: 'queue-full' } });
    expect(isDone).toBe(false);
    await running.return?.();
    await waiting;
    expect(isDone).toBe(true);
  });
});

describe('guardrails', () => {
  const word = { kind: 'personal-data' as const };
  const moderation = createMemoryModeration({ secret: word });
  const mask = [{ ...word, action: 'mask' as const, threshold: 0 }];
  const block = [{ ...word, action: 'block' as const, threshold: 0 }];

  /** A service whose only engine answers with the prompt that it got. */
  function echoing() {
    const prompts: string[] = [];
    const engine: Engine = {
      ...createMemoryEngine(),
      async *stream({ prompt }) {
        const text = prompt.mode === 'text' ? prompt.text.reveal('send-to-engine') : '';
        prompts.push(text);
        yield { type: 'started', inputTokens: 1 };
        yield { type: 'text-delta', text: Confidential.of(`${text} and a secret`), outputTokens: 2 };
        yield { type: 'done', stopReason: 'eos_token', inputTokens: 1, outputTokens: 2 };
      },
    };
    const service = createInferenceService({
      engines: [engine],
      models: offered,
      moderation,
      authorize: async () => {},
      clock: manualClock(),
    });
    const run = async (text: string, guardrails: Guardrails) => {
      const { request } = requestOf();
      const prompt = { mode: 'text' as const, text: Confidential.of(text) };
      const events: InferenceEvent[] = [];
      const asked = { request: { ...request, prompt }, guardrails };
      for await (const event of service.stream(ada, asked, never)) events.push(event);
      return events;
    };
    return { prompts, run };
  }

  it('keep what blocks from the engine, and from the queue', async () => {
    const { prompts, run } = echoing();
    expect(await run('my secret', { input: block, output: [] })).toMatchObject([
      { type: 'guardrail', on: 'input', action: 'block', start: 3, end: 9 },
      { type: 'done', stopReason: 'blocked', inputTokens: 0, outputTokens: 0, timings: { queueMs: 0, totalMs: 0 } },
    ]);
    expect(prompts).toEqual([]);
    expect(await run('my word', { input: block, output: [] })).toContainEqual(
      expect.objectContaining({ type: 'done', stopReason: 'eos_token' }),
    );
    expect(prompts).toEqual(['my word']);
  });

  it('mask the prompt before the engine, and the answer after it, where they are asked to', async () => {
    const { prompts, run } = echoing();
    const textOf = (events: readonly InferenceEvent[]) =>
      events.map((event) => (event.type === 'text-delta' ? event.text.reveal('write-response') : '')).join('');
    expect(textOf(await run('my secret', { input: mask, output: [] }))).toBe('my ****** and a secret');
    expect(textOf(await run('my secret', { input: [], output: mask }))).toBe('my ****** and a ******');
    expect(prompts).toEqual(['my ******', 'my secret']);
  });

  it('do not come before the question whether the actor may', async () => {
    const service = createInferenceService({
      engines: [createMemoryEngine()],
      models: offered,
      moderation: {
        find: async () => {
          throw new Error('it was asked');
        },
      },
      authorize: async () => {
        throw new AppError('permission-denied', 'no');
      },
      clock: manualClock(),
    });
    const asked = { ...requestOf(), guardrails: { input: block, output: [] } };
    await expect(typesOf(service.stream(ada, asked, never))).rejects.toMatchObject({ code: 'permission-denied' });
  });
});
