/** The official `openai` package against a real server with a real model, pointed at it by URL and key only. */
import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testModelPath } from '../../server/inference/testing.ts';
import { collect } from '../support/collect.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import { createHeldEngine, startInProcess } from '../support/in-process.ts';

const MODEL = 'huggingfacetb/smollm2-135m-instruct';
const messages = [{ role: 'user' as const, content: 'Name three fruits.' }];
const greedy = { model: MODEL, temperature: 0 };
/** More than the test would wait for: whoever waits for its end fails by the time limit. */
const ENDLESS_TOKENS = 8000;

let deployment: Deployment;
let apiKey: string;
let client: OpenAI;

beforeAll(async () => {
  // One place: a request that did not give it back would keep every later one out.
  deployment = await startDeployment({
    modelFile: await testModelPath(),
    settings: { CLOISTER_ENGINE_SEQUENCES: '1' },
  });
  apiKey = await createApiKey(deployment);
  client = openAi(deployment.url, apiKey);
});
afterAll(() => deployment?.remove());

function openAi(url: string, key: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
}

type Usage = { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null | undefined;

function expectWholeUsage(usage: Usage): void {
  expect(usage?.prompt_tokens).toBeGreaterThan(0);
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
}

describe('chat completions', () => {
  it('answer with a message, a reason and the tokens', async () => {
    const completion = await client.chat.completions.create({ ...greedy, messages, max_tokens: 6 });
    expect(completion).toMatchObject({ object: 'chat.completion', model: MODEL });
    expect(completion.id).toMatch(/^chatcmpl-/);
    expect(completion.created).toBeGreaterThan(1_700_000_000);
    expect(completion.choices).toHaveLength(1);
    const [choice] = completion.choices;
    expect(choice).toMatchObject({ index: 0, finish_reason: 'length', logprobs: null });
    expect(choice?.message).toMatchObject({ role: 'assistant', refusal: null });
    expect(choice?.message.content).not.toBe('');
    expect(completion.usage?.completion_tokens).toBe(6);
    expectWholeUsage(completion.usage);
  });

  it('stream the same text as they answer in one piece, and tell the tokens at the end', async () => {
    const asked = { ...greedy, messages, max_tokens: 12 };
    const whole = await client.chat.completions.create(asked);
    const chunks = await collect(
      await client.chat.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } }),
    );
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.every(({ object, model }) => object === 'chat.completion.chunk' && model === MODEL)).toBe(true);
    const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason ?? null).filter((reason) => reason !== null);
    expect(reasons).toEqual(['length']);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });

  it('stream without usage unless it is asked for', async () => {
    const chunks = await collect(
      await client.chat.completions.create({ ...greedy, messages, max_tokens: 2, stream: true }),
    );
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length');
  });

  it('work with the SDK’s own stream runner', async () => {
    const runner = client.chat.completions.stream({ ...greedy, messages, max_tokens: 6 });
    let text = '';
    runner.on('content', (piece) => {
      text += piece;
    });
    const completion = await runner.finalChatCompletion();
    expect(text.length).toBeGreaterThan(0);
    expect(completion.choices[0]?.message.content).toBe(text);
  });

  it('give n answers, also when only one runs at a time, and draw by the seed', async () => {
    const asked = { model: MODEL, messages, max_tokens: 8, temperature: 1.5, n: 3, seed: 11 };
    const first = await client.chat.completions.create(asked);
    expect(first.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    const texts = first.choices.map(({ message }) => message.content);
    expect(new Set(texts).size).toBeGreaterThan(1);
    expect(first.usage?.completion_tokens).toBe(24);
    expectWholeUsage(first.usage);

    const chunks = await collect(await client.chat.completions.create({ ...asked, stream: true }));
    const streamed = [0, 1, 2].map((index) =>
      chunks
        .flatMap(({ choices }) => choices)
        .filter((choice) => choice.index === index)
        .map(({ delta }) => delta.content ?? '')
        .join(''),
    );
    expect(streamed).toEqual(texts);

    const other = await client.chat.completions.create({ ...asked, seed: 12 });
    expect(other.choices.map(({ message }) => message.content)).not.toEqual(texts);
  });

  it('give the log probability of each token, and the likeliest others', async () => {
    const asked = { ...greedy, messages, max_tokens: 5, logprobs: true, top_logprobs: 2 };
    const { choices } = await client.chat.completions.create(asked);
    const tokens = choices[0]?.logprobs?.content ?? [];
    expect(tokens).toHaveLength(5);
    expect(tokens.map(({ token }) => token).join('')).toBe(choices[0]?.message.content);
    for (const { token, logprob, bytes, top_logprobs: top } of tokens) {
      expect(Buffer.from(bytes ?? []).toString('utf8')).toBe(token);
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(2);
      // Greedy takes the likeliest.
      expect(top[0]?.token).toBe(token);
      expect(top[0]?.logprob).toBeGreaterThanOrEqual(top[1]?.logprob ?? 0);
    }
    const chunks = await collect(await client.chat.completions.create({ ...asked, stream: true }));
    const streamed = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? []);
    expect(streamed.map(({ token }) => token)).toEqual(tokens.map(({ token }) => token));
  });

  it('end before a stop sequence', async () => {
    const whole = await client.chat.completions.create({ ...greedy, messages, max_tokens: 16 });
    const text = whole.choices[0]?.message.content ?? '';
    const stop = text.slice(8, 12);
    const stopped = await client.chat.completions.create({ ...greedy, messages, max_tokens: 16, stop });
    expect(stopped.choices[0]?.finish_reason).toBe('stop');
    expect(stopped.choices[0]?.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.usage?.completion_tokens).toBeLessThan(16);
  });

  const Visit = z.object({ kind: z.enum(['first', 'again']), nights: z.array(z.int()).max(2) });

  it('are JSON by a schema, as the SDK’s own parser reads it', async () => {
    const { choices } = await client.chat.completions.parse({
      ...greedy,
      messages,
      max_tokens: 80,
      response_format: zodResponseFormat(Visit, 'visit'),
    });
    expect(Visit.parse(choices[0]?.message.parsed)).toEqual(choices[0]?.message.parsed);
    const { properties } = z.toJSONSchema(Visit);
    const guided = await client.chat.completions.create({
      ...greedy,
      messages,
      max_tokens: 80,
      // vLLM's name, which the SDK's types leave out.
      ...{ guided_json: { type: 'object', properties, required: ['kind', 'nights'] } },
    });
    expect(Visit.safeParse(JSON.parse(guided.choices[0]?.message.content ?? '')).success).toBe(true);
  });

  it('are any JSON object, streamed with log probabilities', async () => {
    const events = await collect(
      await client.chat.completions.create({
        ...greedy,
        messages,
        max_tokens: 12,
        stream: true,
        logprobs: true,
        response_format: { type: 'json_object' },
      }),
    );
    const text = events.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toMatch(/^\{/);
    const tokens = events.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? []);
    expect(tokens.map(({ token }) => token).join('')).toBe(text);
  });

  it('take vLLM’s names for what OpenAI has none for', async () => {
    const ask = async (parameters: object) =>
      (
        await client.completions.create({
          ...greedy,
          prompt: 'The capital of France is',
          max_tokens: 12,
          ...parameters,
        })
      ).choices[0]?.text ?? '';
    const whole = await ask({});
    const stop = whole.slice(1, 6);
    const until = whole.slice(0, whole.indexOf(stop));
    expect(await ask({ stop })).toBe(until);
    expect(await ask({ stop, include_stop_str_in_output: true })).toBe(until + stop);
    expect((await ask({ stop, min_tokens: 8 })).length).toBeGreaterThan(until.length + stop.length);
    expect(await ask({ repetition_penalty: 2 })).not.toBe(whole);
    expect(await ask({ temperature: 2, top_k: 1 })).toBe(whole);
    expect(await ask({ prompt: `${'word '.repeat(9000)}. The capital of France is`, truncate_prompt_tokens: 5 })).toBe(
      whole,
    );
  });

  it('take content in parts, and the developer’s role as the system’s', async () => {
    const ask = (role: 'system' | 'developer', content: string | OpenAI.ChatCompletionContentPartText[]) =>
      client.chat.completions.create({
        ...greedy,
        max_tokens: 6,
        messages: [
          { role, content: 'Be brief.' },
          { role: 'user', content },
        ],
      });
    const plain = await ask('system', 'Name three fruits.');
    const parts = await ask('developer', [
      { type: 'text', text: 'Name three ' },
      { type: 'text', text: 'fruits.' },
    ]);
    expect(parts.choices[0]?.message.content).toBe(plain.choices[0]?.message.content);
    expect(parts.usage).toEqual(plain.usage);
  });
});

describe('completions', () => {
  it('continue a text, in one piece and as a stream', async () => {
    const asked = { ...greedy, prompt: 'The capital of France is', max_tokens: 8 };
    const whole = await client.completions.create(asked);
    expect(whole).toMatchObject({ object: 'text_completion', model: MODEL });
    expect(whole.choices[0]).toMatchObject({ index: 0, finish_reason: 'length', logprobs: null });
    expect(whole.choices[0]?.text).toContain('Paris');
    expect(whole.usage?.completion_tokens).toBe(8);
    expectWholeUsage(whole.usage);
    const chunks = await collect(
      await client.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(whole.choices[0]?.text);
    expect(chunks.at(-1)?.usage).toEqual(whole.usage);
  });

  it('give log probabilities as parallel lists', async () => {
    const { choices } = await client.completions.create({ ...greedy, prompt: 'One, two,', max_tokens: 4, logprobs: 2 });
    const lists = choices[0]?.logprobs;
    expect(lists?.tokens).toHaveLength(4);
    expect(lists?.tokens?.join('')).toBe(choices[0]?.text);
    expect(lists?.token_logprobs?.every((value) => value <= 0)).toBe(true);
    expect(lists?.top_logprobs?.map((others) => Object.keys(others).length)).toEqual([2, 2, 2, 2]);
    expect(lists?.text_offset?.[1]).toBe(lists?.tokens?.[0]?.length);
  });
});

describe('models', () => {
  it('are listed, and found by an id that has a slash', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual([MODEL]);
    expect(await client.models.retrieve(MODEL)).toEqual(data[0]);
    expect(data[0]).toMatchObject({ object: 'model', owned_by: 'Hugging Face' });
  });
});

describe('a stream that the client gives up', () => {
  it('frees the only place of the model', async () => {
    const controller = new AbortController();
    const stream = await client.completions.create(
      { ...greedy, prompt: 'Count for ever: one, two,', max_tokens: ENDLESS_TOKENS, stream: true },
      { signal: controller.signal },
    );
    let pieces = 0;
    for await (const _chunk of stream) {
      pieces += 1;
      controller.abort();
    }
    expect(pieces).toBeGreaterThan(0);
    const next = await client.completions.create({ ...greedy, prompt: 'The capital of France is', max_tokens: 2 });
    expect(next.choices[0]?.text).toContain('Paris');
  });

  it('also when it asked for several answers and never read one', async () => {
    const controller = new AbortController();
    const asking = client.chat.completions.create(
      { ...greedy, messages, n: 4, max_tokens: ENDLESS_TOKENS, stream: true },
      { signal: controller.signal },
    );
    await asking;
    controller.abort();
    const next = await client.completions.create({ ...greedy, prompt: 'The capital of France is', max_tokens: 2 });
    expect(next.usage?.completion_tokens).toBe(2);
  });

  it('also when it waits for an answer in one piece', async () => {
    const controller = new AbortController();
    const running = failureOf(() =>
      client.chat.completions.create({ ...greedy, messages, max_tokens: 40 }, { signal: controller.signal }),
    );
    controller.abort();
    expect(await running).toBeInstanceOf(APIUserAbortError);
    const next = await client.completions.create({ ...greedy, prompt: 'One,', max_tokens: 2 });
    expect(next.usage?.completion_tokens).toBe(2);
  });
});

describe('refusals come as the SDK’s own errors', () => {
  it('of a model that is not there', async () => {
    for (const work of [
      () => client.chat.completions.create({ model: 'nobody/nothing', messages }),
      () => client.completions.create({ model: 'nobody/nothing', prompt: 'x' }),
      () => client.chat.completions.create({ model: 'nobody/nothing', messages, stream: true }),
    ]) {
      const error = await failureOf(work);
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({
        status: 404,
        code: 'model_not_found',
        param: 'model',
        type: 'invalid_request_error',
      });
      // The trace id, by which the operator finds it in the log.
      expect((error as NotFoundError).requestID).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(await failureOf(() => client.models.retrieve('nobody/nothing'))).toMatchObject({ code: 'model_not_found' });
  });

  it('of a key that is wrong', async () => {
    const error = await failureOf(() => openAi(deployment.url, 'cl_wrong').models.list());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' });
  });

  it('of values out of their range, by the names of OpenAI', async () => {
    const cases: [string, () => Promise<unknown>][] = [
      ['temperature', () => client.chat.completions.create({ model: MODEL, messages, temperature: 3 })],
      ['messages', () => client.chat.completions.create({ model: MODEL, messages: [] })],
      ['top_logprobs', () => client.chat.completions.create({ model: MODEL, messages, top_logprobs: 2 })],
      ['tools', () => client.chat.completions.create({ model: MODEL, messages, tools: [] })],
      [
        'response_format.json_schema.schema',
        () =>
          client.chat.completions.create({
            model: MODEL,
            messages,
            response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { pattern: 'heron' } } },
          }),
      ],
      ['prompt', () => client.completions.create({ model: MODEL, prompt: '' })],
      ['max_tokens', () => client.completions.create({ model: MODEL, prompt: 'x', max_tokens: 0 })],
    ];
    for (const [param, work] of cases) {
      const error = await failureOf(work);
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' });
    }
  });

  it('of a prompt that the context has no room for, also when it would stream', async () => {
    const long = 'word '.repeat(9000);
    const chat = { model: MODEL, messages: [{ role: 'user' as const, content: long }] };
    for (const [param, work] of [
      ['messages', () => client.chat.completions.create(chat)],
      ['messages', () => client.chat.completions.create({ ...chat, stream: true })],
      ['prompt', () => client.completions.create({ model: MODEL, prompt: long })],
    ] as const) {
      const error = await failureOf(work);
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param });
    }
  });

  it('of a project that is not the caller’s', async () => {
    const other = new OpenAI({
      baseURL: `${deployment.url}/v1`,
      apiKey,
      maxRetries: 0,
      project: '00000000-0000-4000-8000-000000000000',
    });
    const error = await failureOf(() => other.chat.completions.create({ ...greedy, messages }));
    expect(error).toBeInstanceOf(NotFoundError);
  });

  it('of a queue that is full, with the time to wait', async () => {
    const engine = createHeldEngine(1);
    const server = await startInProcess(engine);
    try {
      const held = openAi(server.url, server.apiKey);
      const project = new OpenAI({
        baseURL: `${server.url}/v1`,
        apiKey: server.apiKey,
        maxRetries: 0,
        project: server.projectId,
      });
      // One runs and eight wait: as many as one person may have waiting.
      const streams = await Promise.all(
        Array.from({ length: 9 }, () =>
          held.completions.create({ model: 'memory/chat', prompt: 'x', max_tokens: 2, stream: true }),
        ),
      );
      const error = await failureOf(() => project.chat.completions.create({ model: 'memory/chat', messages }));
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
      expect(Number((error as RateLimitError).headers?.get('retry-after'))).toBeGreaterThan(0);
      engine.letGo();
      for (const stream of streams) expect((await collect(stream)).length).toBeGreaterThan(0);
    } finally {
      await server.close();
    }
  });
});
