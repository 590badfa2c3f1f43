/** IBM's official Node SDK against a real server with a real model, pointed at it by URL and key only. */
import type { IncomingMessage } from 'node:http';
import { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testModelPath, tinyGgufFile } from '../../server/inference/testing.ts';
import { appClient } from '../support/client.ts';
import { collect } from '../support/collect.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

const MODEL = 'huggingfacetb/smollm2-135m-instruct';
const INPUT = 'The capital of France is';
const messages = [{ role: 'user', content: [{ type: 'text', text: 'Name three fruits.' }] }];

let deployment: Deployment;
let apiKey: string;
let projectId: string;
let client: WatsonXAI;

beforeAll(async () => {
  deployment = await startDeployment({ modelFile: await testModelPath() });
  apiKey = await createApiKey(deployment);
  projectId = (await appClient(deployment.url, apiKey).createProject('Contracts')).id;
  client = watsonx(apiKey);
});
afterAll(() => deployment?.remove());

function watsonx(key: string): WatsonXAI {
  const authenticator = new IamAuthenticator({ apikey: key, url: deployment.url });
  return WatsonXAI.newInstance({ version: '2025-02-11', serviceUrl: deployment.url, authenticator });
}

type TextParameters = WatsonXAI.TextGenParameters;

async function generate(parameters: TextParameters, input = INPUT) {
  const { status, result } = await client.generateText({ modelId: MODEL, projectId, input, parameters });
  expect(status).toBe(200);
  const [answer] = result.results;
  if (answer === undefined) throw new Error('there is no result');
  return answer;
}

/** For fields that the SDK does not send. */
async function post(path: string, body: object): Promise<{ choices: { message: { content: string } }[] }> {
  const response = await fetch(`${deployment.url}${path}?version=2025-02-11`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model_id: MODEL, project_id: projectId, messages, ...body }),
  });
  expect(response.status).toBe(200);
  return response.json() as Promise<{ choices: { message: { content: string } }[] }>;
}

/** What the SDK throws: an error with the answer's status and body. */
type SdkError = Error & { status: number; result: WatsonXAI.ApiErrorResponse & { errorCode?: string } };

async function failureOf(work: () => Promise<unknown>): Promise<SdkError> {
  return work().then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error as SdkError,
  );
}

describe('identity/token', () => {
  it('gives a token that the SDK decodes, keeps and uses again', async () => {
    const authenticator = new IamAuthenticator({ apikey: apiKey, url: deployment.url });
    const [one, two] = [{ headers: {} as Record<string, string> }, { headers: {} as Record<string, string> }];
    await authenticator.authenticate(one);
    await authenticator.authenticate(two);
    expect(one.headers.Authorization).toMatch(/^Bearer eyJ/);
    expect(two).toEqual(one);
    const claims = JSON.parse(
      Buffer.from(one.headers.Authorization?.split('.')[1] ?? '', 'base64url').toString('utf8'),
    ) as { iat: number; exp: number };
    expect(claims.exp - claims.iat).toBe(3600);
  });

  it('refuses a key that is wrong as IBM’s identity service does', async () => {
    const error = await failureOf(() => watsonx('cl_wrong').listFoundationModelSpecs());
    expect(error.status).toBe(400);
    expect(error.result.errorCode).toBe('BXNIM0415E');
    expect(error.message).toContain('API key is not valid');
  });
});

describe('text/generation', () => {
  it('answers with counts, a reason and a seed', async () => {
    const { status, result } = await client.generateText({ modelId: MODEL, projectId, input: INPUT });
    expect(status).toBe(200);
    expect(result.model_id).toBe(MODEL);
    expect(Date.parse(result.created_at)).toBeGreaterThan(Date.parse('2026-01-01'));
    const [answer] = result.results;
    // Greedy and 20 tokens are the API's defaults.
    expect(answer).toMatchObject({ generated_token_count: 20, stop_reason: 'max_tokens' });
    expect(answer?.input_token_count).toBe(5);
    expect(answer?.generated_text).toContain('Paris');
    expect(answer?.seed).toBeGreaterThan(0);
  });

  it('streams the same text as objects, with counts that go up to the end', async () => {
    const whole = await generate({ max_new_tokens: 10 });
    const events = await collect(
      await client.generateTextStream({
        modelId: MODEL,
        projectId,
        input: INPUT,
        parameters: { max_new_tokens: 10 },
        returnObject: true,
      }),
    );
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index + 1));
    expect(events.every(({ event }) => event === 'message')).toBe(true);
    const results = events.flatMap(({ data }) => data.results);
    expect(results.map(({ generated_text: text }) => text).join('')).toBe(whole.generated_text);
    const counts = results.map(({ generated_token_count: count }) => count ?? 0);
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
    expect(results.slice(0, -1).every(({ stop_reason: reason }) => reason === 'not_finished')).toBe(true);
    expect(results.at(-1)).toMatchObject({
      stop_reason: 'max_tokens',
      generated_token_count: 10,
      input_token_count: 5,
    });
    expect(new Set(results.map(({ seed }) => seed)).size).toBe(1);
  });

  it('streams as lines too', async () => {
    const lines = await collect(
      await client.generateTextStream({ modelId: MODEL, projectId, input: INPUT, parameters: { max_new_tokens: 2 } }),
    );
    expect(lines.slice(0, 2)).toEqual(['id: 1', 'event: message']);
    expect(lines[2]).toMatch(/^data: \{/);
  });

  it('draws by the seed', async () => {
    const parameters = { decoding_method: 'sample', temperature: 1.5, max_new_tokens: 10 };
    const one = await generate({ ...parameters, random_seed: 7 });
    expect(one.seed).toBe(7);
    expect((await generate({ ...parameters, random_seed: 7 })).generated_text).toBe(one.generated_text);
    expect((await generate({ ...parameters, random_seed: 8 })).generated_text).not.toBe(one.generated_text);
    // A seed that was drawn is told, and gives the same again.
    const drawn = await generate(parameters);
    expect((await generate({ ...parameters, random_seed: drawn.seed ?? 0 })).generated_text).toBe(drawn.generated_text);
  });

  it('ends with a stop sequence, included unless it is asked not to be', async () => {
    const whole = await generate({ max_new_tokens: 12 });
    const stop = whole.generated_text.slice(1, 6);
    const until = whole.generated_text.slice(0, whole.generated_text.indexOf(stop));
    const included = await generate({ max_new_tokens: 12, stop_sequences: [stop] });
    expect(included).toMatchObject({ generated_text: until + stop, stop_reason: 'stop_sequence' });
    expect(included.generated_token_count).toBeLessThan(12);
    const left = await generate({ max_new_tokens: 12, stop_sequences: [stop], include_stop_sequence: false });
    expect(left).toMatchObject({ generated_text: until, stop_reason: 'stop_sequence' });
    const later = await generate({ max_new_tokens: 12, stop_sequences: [stop], min_new_tokens: 8 });
    expect(later.generated_token_count).toBeGreaterThanOrEqual(8);
  });

  it('ends at its time limit', async () => {
    const answer = await generate({ max_new_tokens: 4000, min_new_tokens: 4000, time_limit: 1 });
    expect(answer.stop_reason).toBe('time_limit');
    expect(answer.generated_token_count).toBeLessThan(4000);
  });

  it('reads only the last tokens of an input that is to be cut', async () => {
    const whole = await generate({ max_new_tokens: 10 });
    const long = `${'word '.repeat(9000)}. ${INPUT}`;
    const cut = await generate({ max_new_tokens: 10, truncate_input_tokens: 5 }, long);
    expect(cut).toMatchObject({ input_token_count: 5, generated_text: whole.generated_text });
  });

  it('ends sooner with a length penalty', async () => {
    const length_penalty = { decay_factor: 10, start_index: 8 };
    const { stop_reason, generated_token_count } = await generate({ max_new_tokens: 60, length_penalty });
    expect(stop_reason).toBe('eos_token');
    expect(generated_token_count).toBeGreaterThanOrEqual(8);
    expect(generated_token_count).toBeLessThan(14);
  });

  it('returns what is asked for, and no more', async () => {
    const plain = await generate({ max_new_tokens: 4 });
    expect(plain.generated_tokens).toBeUndefined();
    const answer = await generate({
      max_new_tokens: 4,
      return_options: { input_text: true, generated_tokens: true, token_logprobs: true, top_n_tokens: 2 },
    });
    expect(answer.generated_text).toBe(INPUT + plain.generated_text);
    const tokens = answer.generated_tokens ?? [];
    expect(tokens.map(({ text }) => text).join('')).toBe(plain.generated_text);
    for (const { text, logprob, top_tokens: top } of tokens) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(2);
      expect(top?.[0]).toEqual({ text, logprob });
    }
    const bare = await generate({ max_new_tokens: 4, return_options: { generated_tokens: true } });
    expect(bare.generated_tokens).toEqual(tokens.map(({ text }) => ({ text })));
  });

  it('streams the input first when it is asked for', async () => {
    const parameters = { max_new_tokens: 3, return_options: { input_text: true } };
    const whole = await generate(parameters);
    const events = await collect(
      await client.generateTextStream({ modelId: MODEL, projectId, input: INPUT, parameters, returnObject: true }),
    );
    const pieces = events.flatMap(({ data }) => data.results).map(({ generated_text: text }) => text);
    expect(pieces[0]?.startsWith(INPUT)).toBe(true);
    expect(pieces.join('')).toBe(whole.generated_text);
  });
});

describe('text/chat', () => {
  const greedy = { modelId: MODEL, messages, temperature: 0 };

  it('answers with a message, a reason and the tokens', async () => {
    const { result } = await client.textChat({ ...greedy, projectId, maxTokens: 6 });
    expect(result.model_id).toBe(MODEL);
    expect(result.id).toMatch(/^chatcmpl-/);
    expect(result.choices).toHaveLength(1);
    expect(result.choices[0]).toMatchObject({ index: 0, finish_reason: 'length', message: { role: 'assistant' } });
    expect(result.choices[0]?.message?.content).not.toBe('');
    expect(result.usage?.completion_tokens).toBe(6);
    expect(result.usage?.total_tokens).toBe((result.usage?.prompt_tokens ?? 0) + 6);
  });

  it('streams the same text, and the tokens at the end', async () => {
    const { result } = await client.textChat({ ...greedy, projectId, maxTokens: 10 });
    const events = await collect(
      await client.textChatStream({ ...greedy, projectId, maxTokens: 10, returnObject: true }),
    );
    const choices = events.flatMap(({ data }) => data.choices);
    expect(choices.map(({ delta }) => delta?.content ?? '').join('')).toBe(result.choices[0]?.message?.content);
    expect(choices[0]?.delta?.role).toBe('assistant');
    expect(choices.map((choice) => choice.finish_reason).filter((reason) => reason != null)).toEqual(['length']);
    expect(events.at(-1)?.data).toMatchObject({ choices: [], usage: result.usage });
    expect(new Set(events.map(({ data }) => data.id)).size).toBe(1);
  });

  it('gives n answers, drawn by the seed', async () => {
    const asked = { modelId: MODEL, messages, projectId, maxTokens: 8, temperature: 1.5, n: 2, seed: 11 };
    const { result } = await client.textChat(asked);
    const texts = result.choices.map(({ message }) => message?.content);
    expect(texts).toHaveLength(2);
    expect(texts[0]).not.toBe(texts[1]);
    expect(result.usage?.completion_tokens).toBe(16);
    const events = await collect(await client.textChatStream({ ...asked, returnObject: true }));
    const streamed = [0, 1].map((index) =>
      events
        .flatMap(({ data }) => data.choices)
        .filter((choice) => choice.index === index)
        .map(({ delta }) => delta?.content ?? '')
        .join(''),
    );
    expect(streamed).toEqual(texts);
  });

  it('answers with JSON, any or by a schema, which the SDK’s types leave out', async () => {
    const ask = async (parameters: object): Promise<string> => {
      const request = { modelId: MODEL, projectId, messages, temperature: 0, maxTokens: 60, ...parameters };
      return (await client.textChat(request)).result.choices[0]?.message?.content ?? '';
    };
    expect(await ask({ responseFormat: { type: 'json_object' } })).toMatch(/^\{/);
    const schema = { type: 'object', properties: { kind: { enum: ['first', 'again'] } }, required: ['kind'] };
    const responseFormat = { type: 'json_schema', json_schema: { name: 'visit', schema } };
    const { kind } = JSON.parse(await ask({ responseFormat })) as { kind: string };
    expect(['first', 'again']).toContain(kind);
    const { choices } = await post('/ml/v1/text/chat', { guided_json: schema, temperature: 0, max_tokens: 60 });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ kind });
  });

  it('ends before a stop sequence, and counts by max_completion_tokens before max_tokens', async () => {
    const whole = await client.textChat({ ...greedy, projectId, maxTokens: 400, maxCompletionTokens: 12 });
    expect(whole.result.usage?.completion_tokens).toBe(12);
    const text = whole.result.choices[0]?.message?.content ?? '';
    const stop = text.slice(8, 12);
    const { result } = await client.textChat({ ...greedy, projectId, maxTokens: 12, stop: [stop] });
    expect(result.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(result.choices[0]?.message?.content).toBe(text.slice(0, text.indexOf(stop)));
  });

  it('gives log probabilities, which the SDK’s types leave out', async () => {
    const { result } = await client.textChat({ ...greedy, projectId, maxTokens: 3, logprobs: true, topLogprobs: 2 });
    type Tokens = { content: { token: string; logprob: number; top_logprobs: { token: string }[] }[] };
    const { logprobs } = result.choices[0] as unknown as { logprobs: Tokens };
    expect(logprobs.content.map(({ token }) => token).join('')).toBe(result.choices[0]?.message?.content);
    expect(logprobs.content.every(({ token, top_logprobs: [first] }) => first?.token === token)).toBe(true);
  });
});

describe('foundation_model_specs', () => {
  const ids = async (parameters: Parameters<WatsonXAI['listFoundationModelSpecs']>[0] = {}) =>
    ((await client.listFoundationModelSpecs(parameters)).result.resources ?? []).map(({ model_id: id }) => id);

  beforeAll(async () => {
    // Models that are listed only: nobody asks them anything.
    for (const name of ['a', 'b', 'c']) {
      const response = await fetch(`${deployment.url}/api/v1/models/test%2F${name}/file`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/octet-stream' },
        body: tinyGgufFile({ name: `Tiny ${name}`, weights: 4096 + name.charCodeAt(0) * 32 }),
      });
      expect(response.status).toBe(201);
    }
  });

  it('list the models that are here', async () => {
    const { result } = await client.listFoundationModelSpecs();
    expect(result.total_count).toBe(4);
    expect(result.resources?.[0]).toMatchObject({
      model_id: MODEL,
      label: 'SmolLM2 135M Instruct',
      provider: 'Hugging Face',
      functions: [{ id: 'text_generation' }, { id: 'text_chat' }],
      number_params: '135M',
      model_limits: { max_sequence_length: 8192 },
      lifecycle: [{ id: 'available' }],
    });
    expect(result.next).toBeUndefined();
  });

  it('come in pages, which the SDK’s pager follows', async () => {
    const first = (await client.listFoundationModelSpecs({ limit: 3 })).result;
    expect(first.resources).toHaveLength(3);
    expect(first.next?.href).toContain('start=');
    const pager = new WatsonXAI.FoundationModelSpecsPager(client, { limit: 1 });
    const pages: number[] = [];
    const found: string[] = [];
    while (pager.hasNext()) {
      const page = await pager.getNext();
      pages.push(page.length);
      found.push(...page.map(({ model_id: id }) => id));
    }
    expect(pages).toEqual([1, 1, 1, 1]);
    expect(found).toEqual(await ids());
  });

  it('can be filtered', async () => {
    expect(await ids({ filters: 'function_text_chat' })).toEqual([MODEL]);
    expect(await ids({ filters: '!function_text_chat' })).toEqual(['test/a', 'test/b', 'test/c']);
    expect(await ids({ filters: 'modelid_test/a,modelid_test/b:or' })).toEqual(['test/a', 'test/b']);
    expect(await ids({ filters: 'provider_test,function_text_generation:and' })).toEqual([
      'test/a',
      'test/b',
      'test/c',
    ]);
    expect(await ids({ filters: 'modelid_nobody/nothing' })).toEqual([]);
    const error = await failureOf(() => client.listFoundationModelSpecs({ filters: 'colour_red' }));
    expect(error.result.errors[0]?.target).toEqual({ type: 'field', name: 'filters' });
  });
});

describe('refusals come as the SDK’s errors', () => {
  it('by IBM’s codes, with the field’s name', async () => {
    const ask = (request: object) => () => client.generateText({ modelId: MODEL, projectId, input: 'x', ...request });
    const chat = (request: object) => () => client.textChat({ modelId: MODEL, projectId, messages, ...request });
    const cases: [() => Promise<unknown>, number, string, string | undefined][] = [
      [ask({ modelId: 'nobody/nothing' }), 404, 'model_not_supported', 'model_id'],
      [chat({ modelId: 'nobody/nothing' }), 404, 'model_not_supported', 'model_id'],
      [ask({ parameters: { temperature: 5 } }), 400, 'json_validation_error', 'parameters.temperature'],
      [ask({ parameters: { random_seed: 'one' } }), 400, 'json_validation_error', 'parameters.random_seed'],
      [
        ask({ moderations: { hap: { input: { threshold: 2 } } } }),
        400,
        'json_validation_error',
        'moderations.hap.input.threshold',
      ],
      [ask({ input: 'word '.repeat(9000) }), 400, 'invalid_input_argument', 'input'],
      [
        chat({ messages: [{ role: 'user', content: 'word '.repeat(9000) }] }),
        400,
        'invalid_input_argument',
        'messages',
      ],
      [chat({ messages: [] }), 400, 'json_validation_error', 'messages'],
      [
        chat({ responseFormat: { type: 'json_schema', json_schema: { schema: { pattern: 'x' } } } }),
        400,
        'json_validation_error',
        'response_format.json_schema.schema',
      ],
      [chat({ maxTokens: -1 }), 400, 'json_validation_error', 'max_tokens'],
      [ask({ projectId: '00000000-0000-4000-8000-000000000000' }), 404, 'not_found', undefined],
      [ask({ projectId: undefined, spaceId: 'x' }), 400, 'json_validation_error', 'space_id'],
    ];
    for (const [work, status, code, field] of cases) {
      const error = await failureOf(work);
      expect(error.status).toBe(status);
      expect(error.result).toMatchObject({ status_code: status, trace: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      expect(error.result.errors[0]?.code).toBe(code);
      expect(error.result.errors[0]?.target?.name).toBe(field);
      expect(error.message).toBe(error.result.errors[0]?.message);
    }
  });

  it('before a stream begins: with the status, and the body as a stream that the SDK leaves to the caller', async () => {
    const error = await failureOf(() =>
      client.generateTextStream({ modelId: 'nobody/nothing', projectId, input: 'x', returnObject: true }),
    );
    expect(error.status).toBe(404);
    const body = Buffer.concat(await collect(error.result as unknown as IncomingMessage)).toString('utf8');
    expect(JSON.parse(body)).toMatchObject({ errors: [{ code: 'model_not_supported' }], status_code: 404 });
  });

  it('of what the SDK itself knows to be missing, without a request', async () => {
    const error = await failureOf(() => client.generateText({ modelId: MODEL, projectId } as never));
    expect(error.message).toContain('Missing required parameters: input');
  });

  it('of an API key that was deleted, although its token has not expired', async () => {
    const key = await createApiKey(deployment);
    const other = watsonx(key);
    expect((await other.listFoundationModelSpecs()).status).toBe(200);
    const headers = { authorization: `Bearer ${apiKey}` };
    const { items } = (await (await fetch(`${deployment.url}/api/v1/api-keys`, { headers })).json()) as {
      items: { id: string; prefix: string }[];
    };
    const id = items.find(({ prefix }) => key.startsWith(prefix))?.id;
    await fetch(`${deployment.url}/api/v1/api-keys/${id}`, { method: 'DELETE', headers });
    const error = await failureOf(() => other.listFoundationModelSpecs());
    expect(error.status).toBe(401);
    expect(error.result.errors[0]?.code).toBe('authentication_token_not_valid');
  });
});
