/**
 * What is wrong with a request is told in the surface's own shape and by the caller's own field names, never by its content; and
 * nothing of it is kept. One table of faults for all calls of the three surfaces, against a real server with a real model.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem } from '../../contract/app/index.ts';
import { createMemoryEngine, testModelPath } from '../../server/inference/testing.ts';
import { type AppClient, appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { CANARY, type Call, calls, MODEL, type Surface } from './bad-input-calls.ts';

type Fault = {
  readonly name: string;
  readonly status: number;
  /** Undefined: no field is at fault. */
  readonly field?: (call: Call) => string;
  readonly body: (call: Call, projectId: string) => string | Buffer<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly applies?: (call: Call) => boolean;
};

const good = (call: Call, projectId: string) => call.body(`Summarise ${CANARY}`, projectId);

const faults: readonly Fault[] = [
  {
    name: 'a field that there is not',
    status: 400,
    field: () => 'surprise',
    body: (call, projectId) => JSON.stringify({ ...good(call, projectId), surprise: CANARY }),
  },
  {
    name: 'a model of the wrong type',
    status: 400,
    field: ({ model }) => model,
    body: (call, projectId) => JSON.stringify({ ...good(call, projectId), [call.model]: { text: CANARY } }),
  },
  {
    name: 'a prompt of the wrong type',
    status: 400,
    field: ({ prompt }) => prompt.wrongType,
    body: (call, projectId) => JSON.stringify(call.body({ text: CANARY }, projectId)),
  },
  {
    name: 'a parameter out of its range',
    status: 400,
    field: ({ outOfRange }) => outOfRange?.field ?? '',
    body: (call, projectId) => JSON.stringify(call.outOfRange?.change(good(call, projectId))),
    applies: ({ outOfRange }) => outOfRange !== undefined,
  },
  {
    name: 'an empty prompt',
    status: 400,
    field: ({ prompt }) => prompt.empty,
    body: (call, projectId) => JSON.stringify(call.body('', projectId)),
  },
  {
    name: 'a prompt of 10 MB',
    status: 400,
    field: ({ prompt }) => prompt.tooBig,
    body: (call, projectId) => JSON.stringify(call.body(`${CANARY} `.repeat(260_000), projectId)),
  },
  {
    name: 'a prompt that the context has no room for',
    status: 400,
    field: ({ overContext }) => overContext ?? '',
    body: (call, projectId) => JSON.stringify(call.body(`${CANARY} ${'word '.repeat(9000)}`, projectId)),
    applies: ({ overContext }) => overContext !== undefined,
  },
  {
    name: 'a prompt of almost 4 MB, which is read but fits in no context',
    status: 400,
    field: ({ overContext }) => overContext ?? '',
    body: (call, projectId) => JSON.stringify(call.body(`${CANARY} ${'word '.repeat(780_000)}`, projectId)),
    applies: ({ overContext }) => overContext !== undefined,
  },
  {
    name: 'bytes that are not UTF-8',
    status: 400,
    field: () => 'body',
    body: (call, projectId) => {
      const bytes = Buffer.from(JSON.stringify(good(call, projectId)));
      bytes[bytes.indexOf(CANARY) - 1] = 0xff;
      return bytes;
    },
  },
  {
    name: 'malformed JSON',
    status: 400,
    field: () => 'body',
    body: (call, projectId) => JSON.stringify(good(call, projectId)).slice(0, -1),
  },
  {
    name: 'JSON that is no object',
    status: 400,
    field: () => 'request',
    body: () => JSON.stringify([CANARY]),
  },
  {
    name: 'JSON nested 100,000 deep',
    status: 400,
    field: ({ model }) => model,
    body: (call, projectId) =>
      JSON.stringify({ ...good(call, projectId), [call.model]: 0 }).replace(
        `"${call.model}":0`,
        `"${call.model}":${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      ),
  },
  {
    name: 'a model that there is not',
    status: 404,
    field: ({ model }) => model,
    body: (call, projectId) => JSON.stringify({ ...good(call, projectId), [call.model]: 'nobody/nothing' }),
  },
  {
    name: 'another content type',
    status: 400,
    field: () => 'Content-Type',
    body: (call, projectId) => JSON.stringify(good(call, projectId)),
    headers: { 'content-type': 'text/plain' },
  },
  {
    name: 'a key that is wrong',
    status: 401,
    body: (call, projectId) => JSON.stringify(good(call, projectId)),
    headers: { authorization: `Bearer cl_${CANARY}` },
  },
  {
    name: 'an access token that is none',
    status: 401,
    body: (call, projectId) => JSON.stringify(good(call, projectId)),
    headers: { authorization: `Bearer ${CANARY}` },
  },
  {
    name: 'another kind of credential',
    status: 401,
    body: (call, projectId) => JSON.stringify(good(call, projectId)),
    headers: { authorization: `Basic ${CANARY}` },
  },
  {
    name: 'no key',
    status: 401,
    body: (call, projectId) => JSON.stringify(good(call, projectId)),
    headers: { authorization: '' },
  },
];

type Answer = { status: number; headers: Headers; text: string };

async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer<ArrayBuffer>,
): Promise<Answer> {
  const sent = Object.entries(headers).filter(([, value]) => value !== '');
  const response = await fetch(url, { method: 'POST', headers: sent, body });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Checks that the answer is a refusal in the surface's own shape. @returns the fields that it names, in order */
function fieldsOfRefusal(surface: Surface, { status, headers, text }: Answer): (string | undefined)[] {
  const body: unknown = JSON.parse(text);
  const type = headers.get('content-type');
  if (surface === 'app') {
    expect(type).toBe('application/problem+json; charset=utf-8');
    const told = problem.strict().parse(body);
    expect(told.status).toBe(status);
    return (told.fields ?? []).map(({ field }) => field);
  }
  expect(type).toBe('application/json; charset=utf-8');
  if (surface === 'watsonx') {
    const { trace, errors, status_code, ...rest } = body as {
      trace: string;
      errors: { code: string; message: string; target?: { type: string; name: string } }[];
      status_code: number;
    };
    expect(rest).toEqual({});
    expect(trace).toMatch(/^[0-9a-f-]{36}$/);
    expect(status_code).toBe(status);
    expect(errors.length).toBeGreaterThan(0);
    for (const { code, message, target } of errors) {
      expect(code).toMatch(/^[a-z_]+$/);
      expect(message.length).toBeGreaterThan(10);
      expect(target?.type ?? 'field').toBe('field');
    }
    return errors.flatMap(({ target }) => (target === undefined ? [] : [target.name]));
  }
  const { error } = body as {
    error: { message: string; type: string; param: string | null; code: string | null };
  };
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.type).toMatch(/_error$/);
  expect(error.code === null || /^[a-z_]+$/.test(error.code)).toBe(true);
  return error.param === null ? [] : [error.param];
}

/** Every file of the deployment but the models, which hold the weights only. */
function* filesOf(folder: string): Generator<string> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!path.includes(`${sep}models${sep}`) && statSync(path).isFile()) yield path;
  }
}

let deployment: Deployment;
let apiKey: string;
let projectId: string;
let client: AppClient;

beforeAll(async () => {
  deployment = await startDeployment({ modelFile: await testModelPath() });
  apiKey = await createApiKey(deployment);
  client = appClient(deployment.url, apiKey);
  projectId = (await client.createProject('Contracts')).id;
});
afterAll(() => deployment?.remove());

function headers(more: Readonly<Record<string, string>> = {}) {
  return { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...more };
}

for (const [name, call] of Object.entries(calls)) {
  describe(`${name} refuses`, () => {
    for (const fault of faults.filter(({ applies }) => applies?.(call) ?? true)) {
      it(fault.name, async () => {
        const url = deployment.url + call.path(projectId);
        const answer = await send(url, headers(fault.headers), fault.body(call, projectId));
        expect([answer.status, answer.text]).toEqual([fault.status, answer.text]);
        expect(fieldsOfRefusal(call.surface, answer)[0]).toBe(fault.field?.(call));
        expect(answer.text).not.toContain(CANARY);
        expect(JSON.stringify([...answer.headers])).not.toContain(CANARY);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(answer.headers.get('www-authenticate')).toBe(fault.status === 401 ? 'Bearer' : null);
      });
    }
  });
}

describe('saving a prompt refuses', () => {
  const parameters = { decodingMethod: 'greedy', maxNewTokens: 2 };
  const content = { mode: 'freeform', modelId: MODEL, parameters, text: CANARY };
  const refused: [string, string, object][] = [
    ['a name that is empty', 'name', { name: ' ', content }],
    ['a field that there is not', 'surprise', { name: 'x', content, surprise: CANARY }],
    [
      'a field of the content that there is not',
      'content.surprise',
      { name: 'x', content: { ...content, surprise: 1 } },
    ],
    ['a text of the wrong type', 'content.text', { name: 'x', content: { ...content, text: [CANARY] } }],
    ['a text of 10 MB', 'content.text', { name: 'x', content: { ...content, text: `${CANARY} `.repeat(260_000) } }],
  ];
  for (const [name, field, body] of refused) {
    it(name, async () => {
      const url = `${deployment.url}/api/v1/projects/${projectId}/prompt-templates`;
      const answer = await send(url, headers(), JSON.stringify(body));
      expect(answer.status).toBe(400);
      expect(fieldsOfRefusal('app', answer)).toContain(field);
      expect(answer.text).not.toContain(CANARY);
    });
  }
});

describe('identity/token refuses in the shape of IBM’s identity service', () => {
  const form = 'application/x-www-form-urlencoded';
  const grant = 'grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey';
  const refused: [string, string, string, string, string][] = [
    ['a key that is wrong', form, `${grant}&apikey=${CANARY}`, 'BXNIM0415E', 'API key'],
    ['no key', form, grant, 'BXNIM0109E', 'apikey'],
    ['another grant', form, `grant_type=${CANARY}&apikey=x`, 'BXNIM0109E', 'grant_type'],
    ['a form that is too large', form, `${grant}&apikey=${CANARY.repeat(200)}`, 'BXNIM0109E', 'too large'],
    ['another content type', 'text/plain', CANARY, 'BXNIM0109E', 'Content-Type'],
    ['malformed JSON', 'application/json', `{"apikey":"${CANARY}`, 'BXNIM0109E', 'JSON'],
  ];
  for (const [name, type, body, errorCode, word] of refused) {
    it(name, async () => {
      const answer = await send(`${deployment.url}/identity/token`, { 'content-type': type }, body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toEqual({
        context: { requestId: answer.headers.get('x-request-id') },
        errorCode,
        errorMessage: expect.stringContaining(word),
      });
      expect(answer.text).not.toContain(CANARY);
    });
  }
});

describe('a body that is never read', () => {
  const HUGE = 40_000_000;
  let server: InProcess;
  beforeAll(async () => {
    server = await startInProcess(createMemoryEngine());
  });
  afterAll(() => server?.close());

  /** Announces a body of 40 MB and sends its first bytes only. @returns the whole answer, or what is there of it after five seconds */
  function announce(method: string, path: string, more: Readonly<Record<string, string>>): Promise<string> {
    const { port } = new URL(server.url);
    const lines = Object.entries({ host: `127.0.0.1:${port}`, 'content-length': String(HUGE), ...more });
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    socket.write(`{"text":"${CANARY}`);
    return new Promise((resolve) => {
      let text = '';
      const end = () => {
        clearTimeout(timer);
        socket.destroy();
        resolve(text);
      };
      const timer = setTimeout(end, 5000);
      socket.on('data', (bytes) => {
        text += bytes.toString();
        if (/\r\n\r\n.*}$/s.test(text)) end();
      });
      socket.on('error', end);
      socket.on('close', end);
    });
  }

  const json = { 'content-type': 'application/json' };
  const paths: readonly [string, string, RegExp][] = [
    ...Object.values(calls).map(({ path, surface }): [string, string, RegExp] => [
      'POST',
      path('p'),
      { app: /"code":"unauthenticated"/, watsonx: /"errors":\[/, openai: /"type":"authentication_error"/ }[surface],
    ]),
    ['PUT', '/api/v1/models/test%2Ftiny/file', /"code":"unauthenticated"/],
    ['POST', '/api/v1/projects/p/prompt-templates', /"code":"unauthenticated"/],
    ['DELETE', '/%61pi/v1/projects/p', /"status":401|"code":"unauthenticated"/],
  ];
  for (const [method, path, shape] of paths) {
    it(`${method} ${path} answers a wrong key, and no key, before the body is there`, async () => {
      for (const key of [{ authorization: `Bearer cl_${CANARY}` }, {}]) {
        const answer = await announce(method, path, { ...json, ...key });
        expect(answer).toMatch(/^HTTP\/1.1 401 /);
        expect(answer).toMatch(shape);
        expect(answer).not.toContain(CANARY);
      }
    });
  }

  it('is that of a path that there is not, too', async () => {
    for (const path of ['/api/v1/nothing', '/v1/nothing', '/ml/v1/nothing', '/nothing'])
      expect(await announce('POST', path, json)).toMatch(/^HTTP\/1.1 404 /);
  });

  it('is that of a call that is open to anybody and needs few bytes', async () => {
    const origin = { origin: server.url };
    expect(await announce('POST', '/identity/token', json)).toMatch(/^HTTP\/1.1 400 .*too large/s);
    for (const path of ['/api/v1/setup', '/api/v1/session'])
      expect(await announce('POST', path, { ...json, ...origin })).toMatch(/^HTTP\/1.1 400 .*too large/s);
  });

  it('is one that is no model file, where a model file is put', async () => {
    const key = { authorization: `Bearer ${server.apiKey}` };
    const path = '/api/v1/models/test%2Ftiny/file';
    expect(await announce('PUT', path, { ...json, ...key })).toMatch(/^HTTP\/1.1 400 .*Content-Type/s);
    const missing = await fetch(server.url + path, { method: 'PUT', headers: key });
    expect([missing.status, await missing.text()]).toEqual([400, expect.stringContaining('application/octet-stream')]);
  });

  it('does not hide that a key is wrong behind another fault', async () => {
    for (const call of Object.values(calls)) {
      const answer = await send(server.url + call.path('p'), { ...json, authorization: 'Bearer cl_wrong' }, '{');
      expect(answer.status).toBe(401);
    }
  });
});

describe('a name that the server does not know', () => {
  it('is refused everywhere but where its health is asked, which holds nothing', async () => {
    const server = await startInProcess(createMemoryEngine());
    const statusOf = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        get(server.url + path, { headers: { host: '10.244.0.17:8080' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    try {
      for (const path of ['/healthz', '/readyz']) expect([path, await statusOf(path)]).toEqual([path, 200]);
      for (const path of ['/', '/healthz/', '/api/v1/setup', '/v1/models', '/nothing'])
        expect([path, await statusOf(path)]).toEqual([path, 403]);
    } finally {
      await server.close();
    }
  });
});

describe('an access token', () => {
  it('is refused on every surface once it has expired, by the code that makes clients ask for a new one', async () => {
    const server = await startInProcess(createMemoryEngine());
    try {
      const form = new URLSearchParams({
        grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
        apikey: server.apiKey,
      });
      const response = await fetch(`${server.url}/identity/token`, { method: 'POST', body: form });
      const token = (await response.json()) as { access_token: string; expires_in: number };
      const ask = (call: Call) =>
        send(
          server.url + call.path(server.projectId),
          { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' },
          JSON.stringify({ ...call.body('x', server.projectId), [call.model]: 'memory/chat' }),
        );
      server.clock.advance((token.expires_in - 1) * 1000);
      for (const call of Object.values(calls)) expect((await ask(call)).status).toBe(200);
      server.clock.advance(1000);
      const codes: Readonly<Record<Surface, object>> = {
        app: { code: 'unauthenticated', reason: 'access-token-expired' },
        watsonx: { errors: [{ code: 'authentication_token_expired' }], status_code: 401 },
        openai: { error: { code: 'invalid_api_key', type: 'authentication_error' } },
      };
      for (const call of Object.values(calls)) {
        const answer = await ask(call);
        expect(answer.status).toBe(401);
        expect(fieldsOfRefusal(call.surface, answer)).toEqual([]);
        expect(JSON.parse(answer.text)).toMatchObject(codes[call.surface]);
      }
    } finally {
      await server.close();
    }
  });
});

describe('after all of that', () => {
  it('every call answers a request that is fine', async () => {
    for (const call of Object.values(calls)) {
      const url = deployment.url + call.path(projectId);
      const answer = await send(url, headers(), JSON.stringify(call.body('Hello', projectId)));
      expect([call.path(''), answer.status]).toEqual([call.path(''), 200]);
    }
  });

  it('nothing was saved, and no file and no line of the server holds the word', async () => {
    expect(await client.listTemplates(projectId)).toEqual([]);
    await deployment.stop();
    const files = [...filesOf(deployment.folder)];
    // The log was among them: it tells of the refusals.
    const logs = files.filter((path) => path.includes(`${sep}logs${sep}`));
    expect(logs.map((path) => readFileSync(path, 'utf8')).join('')).toContain('"status":400');
    const holders = files.filter((path) => {
      const bytes = readFileSync(path);
      return bytes.includes(CANARY) || bytes.includes(Buffer.from(CANARY, 'utf16le'));
    });
    expect(holders).toEqual([]);
    expect(deployment.output()).not.toContain(CANARY);
  });
});
