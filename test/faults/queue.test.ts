/** A model with one place, and more requests than it takes: on every surface, over real HTTP. The model is a fake that waits for the test. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHeldEngine, type HeldEngine, type InProcess, startInProcess } from '../support/in-process.ts';

const MODEL = 'memory/chat';
/** How many requests of one person may wait. */
const WAITING = 8;

let engine: HeldEngine;
let server: InProcess;

beforeEach(async () => {
  engine = createHeldEngine(1);
  server = await startInProcess(engine);
});
afterEach(async () => {
  engine.letGo();
  await server.close();
});

function post(path: string, body: object, options: { apiKey?: string; signal?: AbortSignal } = {}): Promise<Response> {
  return fetch(server.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${options.apiKey ?? server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

type Asking = {
  readonly surface: string;
  readonly ask: (options?: { apiKey?: string; signal?: AbortSignal }) => Promise<Response>;
  readonly expected: object;
};

const messages = [{ role: 'user', content: 'x' }];
const generate = (options?: { apiKey?: string; signal?: AbortSignal }) =>
  post(
    `/api/v1/projects/${server.projectId}/generate`,
    { modelId: MODEL, prompt: { mode: 'freeform', text: 'x' }, parameters: { maxNewTokens: 2 } },
    options,
  );

const surfaces: readonly Asking[] = [
  { surface: 'the app', ask: generate, expected: { code: 'resource-exhausted', reason: 'queue-full', status: 429 } },
  {
    surface: 'watsonx',
    ask: (options) =>
      post(
        '/ml/v1/text/chat?version=2025-02-11',
        { model_id: MODEL, project_id: server.projectId, messages, max_tokens: 2 },
        options,
      ),
    expected: { status_code: 429, errors: [{ code: 'rate_limit_reached_requests' }] },
  },
  {
    surface: 'watsonx, streaming',
    ask: (options) =>
      post(
        '/ml/v1/text/generation_stream?version=2025-02-11',
        { model_id: MODEL, project_id: server.projectId, input: 'x', parameters: { max_new_tokens: 2 } },
        options,
      ),
    expected: { status_code: 429, errors: [{ code: 'rate_limit_reached_requests' }] },
  },
  {
    surface: 'OpenAI',
    ask: (options) => post('/v1/chat/completions', { model: MODEL, messages, max_tokens: 2 }, options),
    expected: { error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', param: null } },
  },
  {
    surface: 'OpenAI, streaming',
    ask: (options) => post('/v1/completions', { model: MODEL, prompt: 'x', max_tokens: 2, stream: true }, options),
    expected: { error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', param: null } },
  },
];

/** A request of the app that has its place: it tells so at once. */
async function open(apiKey?: string): Promise<EventReader> {
  const reader = new EventReader(await generate(apiKey === undefined ? {} : { apiKey }));
  reader.first = await reader.next();
  return reader;
}

type AppEvent = { type: string; position?: number };

class EventReader {
  readonly #events: AsyncIterator<AppEvent>;
  first: AppEvent | undefined;

  constructor(response: Response) {
    this.#events = eventsOf(response);
  }

  async next(): Promise<AppEvent | undefined> {
    const { value, done } = await this.#events.next();
    return done === true ? undefined : value;
  }

  /** Reads on until an event of this type. */
  async until(type: string): Promise<void> {
    for (let event = this.first; event?.type !== type; event = await this.next()) {
      if (event === undefined) throw new Error(`the stream ended without ${type}`);
    }
  }
}

async function* eventsOf(response: Response): AsyncGenerator<AppEvent> {
  let text = '';
  for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data) as AppEvent;
    }
  }
}

describe('a queue that is full', () => {
  for (const { surface, ask, expected } of surfaces) {
    it(`is told on ${surface} as 429, with the seconds to wait, and takes requests again later`, async () => {
      const readers: EventReader[] = [];
      for (let count = 0; count < 1 + WAITING; count += 1) readers.push(await open());
      expect(readers.map(({ first }) => first?.position ?? 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);

      const refused = await ask();
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(await refused.json()).toMatchObject(expected);

      engine.letGo();
      for (const reader of readers) await reader.until('done');
      const accepted = await ask();
      expect(accepted.status).toBe(200);
      await accepted.text();
    });
  }

  it('does not keep the places of a call of which it refused a part', async () => {
    const readers: EventReader[] = [];
    for (let count = 0; count < WAITING - 2; count += 1) readers.push(await open());
    // Three places are left, and eight are asked for.
    for (const stream of [true, false]) {
      const refused = await post('/v1/chat/completions', { model: MODEL, messages, n: 8, stream });
      expect(refused.status).toBe(429);
    }
    const chat = { model_id: MODEL, project_id: server.projectId, messages, n: 8 };
    expect((await post('/ml/v1/text/chat_stream?version=2025-02-11', chat)).status).toBe(429);
    for (let count = 0; count < 3; count += 1) readers.push(await open());
    expect(readers.map(({ first }) => first?.position ?? 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is full for one person and not for another, whose turn comes after one request and not after nine', async () => {
    const colleague = await server.addColleague();
    const mine: EventReader[] = [];
    for (let count = 0; count < 1 + WAITING; count += 1) mine.push(await open());
    expect((await generate()).status).toBe(429);
    const theirs = await open(colleague);
    // Behind the one that runs, and one of mine that waited before.
    expect(theirs.first).toEqual({ type: 'queued', position: 2 });
  });
});

describe('a request that the client gives up', () => {
  for (const { surface, ask } of surfaces) {
    it(`gives its only place to the next, on ${surface}`, async () => {
      const controller = new AbortController();
      const running = ask({ signal: controller.signal }).catch(() => undefined);
      await engine.begun;
      // It would never end by itself, and the next one waits for its place.
      const next = await open();
      expect(next.first).toEqual({ type: 'queued', position: 1 });
      controller.abort();
      await running;
      await next.until('started');
    });
  }

  it('leaves the queue, too', async () => {
    const running = await open();
    expect(running.first?.type).toBe('started');
    const controller = new AbortController();
    const waiting = await generate({ signal: controller.signal });
    const last = await open();
    expect(last.first).toEqual({ type: 'queued', position: 2 });
    controller.abort();
    await expect(waiting.text()).rejects.toThrow();
    expect(await last.next()).toEqual({ type: 'queued', position: 1 });
  });
});
