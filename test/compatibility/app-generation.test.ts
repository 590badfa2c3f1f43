/** What the Prompt Lab asks of `/api/v1`, over real HTTP: each parameter has an effect, and nothing of a schema is quoted. The model is the fake. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generationEvent, tokenizeResult } from '../../contract/app/index.ts';
import { createMemoryEngine } from '../../server/inference/testing.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

const modelId = 'memory/chat';
const freeform = { mode: 'freeform', text: 'The contract says that' };

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess(createMemoryEngine());
});
afterAll(() => server?.close());

function post(path: string, body: object): Promise<Response> {
  return fetch(`${server.url}/api/v1/projects/${server.projectId}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ modelId, ...body }),
  });
}

async function generate(parameters: object, others: object = { prompt: freeform }) {
  const response = await post('generate', { parameters, ...others });
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  const events = lines.map((line) => generationEvent.parse(JSON.parse(line.slice(6))));
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the last event is not `done`');
  const deltas = events.flatMap((event) => (event.type === 'text-delta' ? [event] : []));
  return { done, deltas, text: deltas.map(({ text }) => text).join('') };
}

it('an answer tells how long it waited and took, on the server', async () => {
  const { done } = await generate({ maxNewTokens: 3 });
  expect(done.timings).toEqual({
    queueMs: expect.any(Number),
    firstTokenMs: expect.any(Number),
    totalMs: expect.any(Number),
  });
});

it('an answer may be held to JSON', async () => {
  const schema = JSON.stringify({ type: 'object', properties: { kind: { enum: ['a', 'b'] } }, required: ['kind'] });
  const held = await generate({ responseFormat: { type: 'json_schema', schema } });
  expect(['a', 'b']).toContain(JSON.parse(held.text).kind);
  expect(JSON.parse((await generate({ responseFormat: { type: 'json_object' } })).text)).toBeTypeOf('object');
});

it('a schema that cannot be followed is refused at its field, without a word of it', async () => {
  const schema = JSON.stringify({ type: 'string', title: 'heron-7f3a', pattern: 'heron-7f3a' });
  const parameters = { responseFormat: { type: 'json_schema', schema } };
  const response = await post('generate', { prompt: freeform, parameters });
  expect(response.status).toBe(400);
  const body = await response.text();
  expect(body).not.toContain('heron-7f3a');
  expect(JSON.parse(body)).toMatchObject({ fields: [{ field: 'parameters.responseFormat.schema' }] });
});

it('an answer may tell the log probability of each token, or of none', async () => {
  const { deltas, text } = await generate({ maxNewTokens: 4, logProbabilities: 2 });
  const tokens = deltas.flatMap((delta) => delta.tokens ?? []);
  expect(tokens.map((token) => token.text).join('')).toBe(text);
  for (const { logProbability, alternatives } of tokens) {
    expect(logProbability).toBeLessThan(0);
    expect(alternatives).toHaveLength(2);
  }
  expect((await generate({ maxNewTokens: 4 })).deltas.every(({ tokens: none }) => none === undefined)).toBe(true);
});

it('an answer ends by its stop sequence, with or without it, by its length penalty and by its time', async () => {
  const whole = await generate({ maxNewTokens: 40 });
  const stop = whole.text.slice(4, 9);
  const until = whole.text.slice(0, whole.text.indexOf(stop));
  expect((await generate({ stopSequences: [stop] })).text).toBe(until + stop);
  expect((await generate({ stopSequences: [stop], includeStopSequence: false })).text).toBe(until);
  const lengthPenalty = { decayFactor: 10, startIndex: 5 };
  const sooner = await generate({ maxNewTokens: 40, lengthPenalty });
  expect(sooner.done).toMatchObject({ stopReason: 'eos_token' });
  expect(sooner.done.outputTokens).toBeLessThan(10);
  const limited = await generate({ maxNewTokens: 400, minNewTokens: 400, timeLimit: 1 });
  expect(limited.done.stopReason).toBe('time_limit');
});

it('a prompt is read as assembled, and may be cut to its last tokens', async () => {
  const structured = {
    prompt: {
      mode: 'structured',
      instruction: 'Sort {thing}.',
      examples: [{ input: 'a', output: 'b' }],
      input: 'c',
    },
    variables: { thing: 'the contracts' },
  };
  const response = await post('tokenize', { ...structured, withTokens: true });
  const { inputTokens, tokens = [] } = tokenizeResult.parse(await response.json());
  const text = tokens.map((token) => token.text).join('');
  expect(text).toContain('Sort the contracts.');
  expect(tokens.reduce((sum, token) => sum + token.tokens, 0)).toBe(inputTokens);
  expect((await generate({ maxNewTokens: 1 }, structured)).done.inputTokens).toBe(inputTokens);
  expect((await generate({ maxNewTokens: 1, truncateInputTokens: 3 }, structured)).done.inputTokens).toBe(3);
});

it('a chat shows the marks of its template, and tokens only to who asks for them', async () => {
  const prompt = { mode: 'chat', messages: [{ role: 'user', content: 'Hello there' }] };
  const asked = tokenizeResult.parse(await (await post('tokenize', { prompt, withTokens: true })).json());
  expect(asked.tokens?.filter(({ isSpecial }) => isSpecial).length).toBeGreaterThan(1);
  const plain = tokenizeResult.parse(await (await post('tokenize', { prompt })).json());
  expect(plain).toEqual({ inputTokens: asked.inputTokens, contextLength: 512 });
});
