/** IBM's and OpenAI's official clients with each kind of credential, and with keys that are limited, against a real server. */
import { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { type Authenticator, CloudPakForDataAuthenticator, IamAuthenticator } from 'ibm-cloud-sdk-core';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyGgufFile } from '../../server/inference/testing.ts';
import { type Caller, invite, must, nobody, send, signInAs, withApiKey } from '../support/callers.ts';
import { type Composed, startComposed } from '../support/composed.ts';
import { ADMINISTRATOR } from '../support/deployment.ts';

const MODEL = 'memory/chat';
const OTHER_MODEL = 'memory/text';
const INSTALLED = ['acme/one', 'acme/two'];
const PASSWORD = 'correct horse battery staple';
const messages = [{ role: 'user' as const, content: 'Hello' }];

let server: Composed;
let url: string;
let ada: Caller;
let projectId: string;
let otherProjectId: string;

beforeAll(async () => {
  server = await startComposed();
  url = server.url;
  ada = await signInAs(url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  projectId = await newProject('Contracts');
  otherProjectId = await newProject('Letters');
  for (const id of INSTALLED)
    await must(url, ada, 'PUT', `/api/v1/models/${encodeURIComponent(id)}/file`, tinyGgufFile(), {
      'content-type': 'application/octet-stream',
    });
});
afterAll(() => server?.close());

async function newProject(name: string): Promise<string> {
  return (await must<{ id: string }>(url, ada, 'POST', '/api/v1/projects', { name })).id;
}

async function newKey(body: object = {}): Promise<string> {
  return (await must<{ key: string }>(url, ada, 'POST', '/api/v1/api-keys', { name: 'scripts', ...body })).key;
}

async function newServiceId(): Promise<{ id: string; key: string }> {
  const { id } = await must<{ id: string }>(url, ada, 'POST', '/api/v1/service-ids', { name: 'Robot' });
  const { key } = await must<{ key: string }>(url, ada, 'POST', `/api/v1/service-ids/${id}/api-keys`, { name: 'ci' });
  return { id, key };
}

function openAi(apiKey: string, project?: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, project: project ?? null });
}

function watsonx(authenticator: Authenticator): WatsonXAI {
  return WatsonXAI.newInstance({ version: '2025-02-11', serviceUrl: url, authenticator });
}

const iam = (apikey: string) => watsonx(new IamAuthenticator({ apikey, url }));
const cp4d = (credentials: { username: string; apikey?: string; password?: string }) =>
  new CloudPakForDataAuthenticator({ url: `${url}/icp4d-api`, ...credentials });

async function chat(client: OpenAI, model = MODEL): Promise<string> {
  const answer = await client.chat.completions.create({ model, messages, max_tokens: 4, temperature: 0 });
  return answer.choices[0]?.finish_reason ?? 'nothing';
}

async function generate(client: WatsonXAI, project = projectId, modelId = MODEL): Promise<number> {
  return (await client.generateText({ modelId, projectId: project, input: 'Hello' })).status;
}

/** Status and words of what a client throws. IBM's says its own words for 401 and 403, and has the server's beside them. */
async function refusalOf(work: Promise<unknown>): Promise<{ status: number; message: string }> {
  const error: Error & { status?: number; body?: unknown } = await work.then(
    () => new Error('it was not refused'),
    (caught: unknown) => caught as Error,
  );
  const text = typeof error.body === 'string' ? error.body.replace(/"trace":"[^"]+"/, '') : '';
  return { status: error.status ?? 0, message: `${error.message} ${text}` };
}

describe('IBM Cloud’s way (IamAuthenticator)', () => {
  it('works with the key of a person and of a service ID', async () => {
    expect(await generate(iam(await newKey()))).toBe(200);
    const { id, key } = await newServiceId();
    expect(await refusalOf(generate(iam(key)))).toMatchObject({ status: 404 });
    await must(url, ada, 'PUT', `/api/v1/projects/${projectId}/collaborators/${id}`, { role: 'editor' });
    expect(await generate(iam(key))).toBe(200);
  });

  it('gives tokens that anybody checks with the published keys', async () => {
    const request = { headers: {} as Record<string, string> };
    await new IamAuthenticator({ apikey: await newKey(), url }).authenticate(request);
    const token = request.headers.Authorization?.replace('Bearer ', '') ?? '';
    const keys = createRemoteJWKSet(new URL(`${url}/identity/keys`));
    const { payload } = await jwtVerify(token, keys, { issuer: 'cloister', audience: 'cloister' });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
    const auditKeys = createRemoteJWKSet(new URL(`${url}/identity/audit-keys`));
    await expect(jwtVerify(token, auditKeys)).rejects.toThrow();
  });
});

describe('Cloud Pak for Data’s way (CloudPakForDataAuthenticator)', () => {
  it('works with a person’s address and API key, and with a service ID’s id', async () => {
    const apikey = await newKey();
    expect(await generate(watsonx(cp4d({ username: ADMINISTRATOR.email, apikey })))).toBe(200);
    const { id, key } = await newServiceId();
    const result = await watsonx(cp4d({ username: id, apikey: key })).listFoundationModelSpecs();
    expect(result.status).toBe(200);
  });

  it('works with an address and a password, for a login session that can be ended', async () => {
    const email = 'cpd@example.org';
    const person = await invite(url, ada, { email, role: 'member', password: PASSWORD });
    const client = watsonx(cp4d({ username: email, password: PASSWORD }));
    expect((await client.listFoundationModelSpecs()).status).toBe(200);
    await must(url, person, 'DELETE', '/api/v1/profile/sessions');
    expect((await refusalOf(client.listFoundationModelSpecs())).status).toBe(401);
  });

  it('says in words what is wrong', async () => {
    const apikey = await newKey();
    const cases = [
      [{ username: 'bo@example.org', apikey }, 401, 'API key is not valid'],
      [{ username: ADMINISTRATOR.email, apikey: 'cl_wrong' }, 401, 'API key is not valid'],
      [{ username: ADMINISTRATOR.email, password: 'wrong' }, 401, 'password is not right'],
    ] as const;
    for (const [credentials, status, words] of cases) {
      const refusal = await refusalOf(watsonx(cp4d(credentials)).listFoundationModelSpecs());
      expect(refusal.status).toBe(status);
      expect(refusal.message).toContain(words);
    }
    const both = await send(url, nobody, 'POST', '/icp4d-api/v1/authorize', {
      username: 'x',
      api_key: 'x',
      password: 'x',
    });
    expect(both.status).toBe(400);
    expect(both.text).toContain('Exactly one of api_key and password');
  });

  it('works with ZenApiKey, and refuses Basic by name', async () => {
    const zen = (key: string) => ({
      headers: { authorization: `ZenApiKey ${Buffer.from(`${ADMINISTRATOR.email}:${key}`).toString('base64')}` },
    });
    const path = '/ml/v1/foundation_model_specs?version=2025-02-11';
    expect((await send(url, zen(await newKey()), 'GET', path)).status).toBe(200);
    expect((await send(url, zen('cl_wrong'), 'GET', path)).status).toBe(401);
    const basic = { headers: { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` } };
    expect((await send(url, basic, 'GET', path)).text).toContain('Basic is not taken');
  });
});

describe('a key for one project', () => {
  it('runs in it on the OpenAI API, named or not, and in no other', async () => {
    const key = await newKey({ scope: { projectId } });
    expect(await chat(openAi(key))).toBe('length');
    expect(await chat(openAi(key, projectId))).toBe('length');
    const other = await refusalOf(chat(openAi(key, otherProjectId)));
    const unknown = crypto.randomUUID();
    const never = await refusalOf(chat(openAi(key, unknown)));
    expect(other.status).toBe(404);
    expect(other.message).toBe(never.message.replaceAll(unknown, otherProjectId));
  });

  it('runs in it on the watsonx API, and in no other', async () => {
    const client = iam(await newKey({ scope: { projectId } }));
    expect(await generate(client)).toBe(200);
    const other = await refusalOf(generate(client, otherProjectId));
    const unknown = crypto.randomUUID();
    const never = await refusalOf(generate(client, unknown));
    expect(other.status).toBe(404);
    expect(other.message).toBe(never.message.replaceAll(unknown, otherProjectId));
  });

  it('sees no other on the app’s API, and nothing of the account', async () => {
    const caller = withApiKey(await newKey({ scope: { projectId } }));
    const listed = await must<{ items: { id: string }[] }>(url, caller, 'GET', '/api/v1/projects');
    expect(listed.items.map(({ id }) => id)).toEqual([projectId]);
    expect((await send(url, caller, 'GET', `/api/v1/projects/${otherProjectId}`)).status).toBe(404);
    for (const path of ['/api/v1/api-keys', '/api/v1/people', '/api/v1/service-ids', '/api/v1/audit-events'])
      expect((await send(url, caller, 'GET', path)).status, path).toBe(403);
  });

  it('is not made for a project of nobody’s', async () => {
    const body = { name: 'x', scope: { projectId: crypto.randomUUID() } };
    expect((await send(url, ada, 'POST', '/api/v1/api-keys', body)).status).toBe(404);
  });
});

describe('a key for some models', () => {
  it('runs no others, on either API', async () => {
    const key = await newKey({ scope: { modelIds: [MODEL] } });
    expect(await chat(openAi(key))).toBe('length');
    expect(await generate(iam(key))).toBe(200);
    const refusals = [
      await refusalOf(openAi(key).completions.create({ model: OTHER_MODEL, prompt: 'Hello' })),
      await refusalOf(generate(iam(key), projectId, OTHER_MODEL)),
    ];
    for (const { status, message } of refusals) {
      expect(status).toBe(403);
      expect(message).toContain('not for the model');
    }
  });

  it('lists no others, on all three', async () => {
    const key = await newKey({ scope: { modelIds: ['acme/one'] } });
    const listed: string[] = [];
    for await (const model of openAi(key).models.list()) listed.push(model.id);
    expect(listed).toEqual(['acme/one']);
    expect((await refusalOf(openAi(key).models.retrieve('acme/two'))).status).toBe(404);
    const { result } = await iam(key).listFoundationModelSpecs();
    expect(result.resources?.map(({ model_id: id }) => id)).toEqual(['acme/one']);
    const { items } = await must<{ items: { modelId: string }[] }>(url, withApiKey(key), 'GET', '/api/v1/models');
    expect(items.map(({ modelId }) => modelId)).toEqual(['acme/one']);
  });
});

it('a key for running prompts runs them, and opens nothing', async () => {
  const key = await newKey({ scope: { inferenceOnly: true } });
  expect(await chat(openAi(key))).toBe('length');
  expect(await generate(iam(key))).toBe(200);
  const caller = withApiKey(key);
  for (const path of [`/projects/${projectId}`, `/projects/${projectId}/prompt-templates`, '/api-keys', '/people'])
    expect((await send(url, caller, 'GET', `/api/v1${path}`)).status, path).toBe(403);
});

it('an expired key is answered as an unknown one is, on every surface', async () => {
  const expired = await newKey({ expiresAt: new Date(Date.now() + 5000).toISOString() });
  const isExpired = async () => (await send(url, withApiKey(expired), 'GET', '/api/v1/models')).status === 401;
  await vi.waitFor(async () => expect(await isExpired()).toBe(true), { timeout: 30_000, interval: 200 });
  const answers = async (key: string) => {
    const form = `grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=${key}`;
    const asForm = { 'content-type': 'application/x-www-form-urlencoded' };
    const cpd = { username: ADMINISTRATOR.email, api_key: key };
    const replies = [
      await send(url, withApiKey(key), 'GET', '/api/v1/models'),
      await send(url, withApiKey(key), 'GET', '/v1/models'),
      await send(url, withApiKey(key), 'GET', '/ml/v1/foundation_model_specs?version=2025-02-11'),
      await send(url, nobody, 'POST', '/identity/token', form, asForm),
      await send(url, nobody, 'POST', '/icp4d-api/v1/authorize', cpd),
    ];
    const trace = /"(trace|requestId)":"[^"]+"/;
    return replies.map(({ status, text }) => `${status} ${text.replace(trace, '')}`);
  };
  const refused = await answers(expired);
  expect(refused.map((answer) => answer.slice(0, 3))).toEqual(['401', '401', '401', '400', '401']);
  expect(refused).toEqual(await answers('cl_unknown'));
});
