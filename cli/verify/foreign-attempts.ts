/** Whatever an owner of another account can try with ids of this one: all of it has to be answered as for ids that never existed. */
import { randomUUID } from 'node:crypto';
import { type Answer, type Exchange, exchange, type Peer } from '../http.ts';
import type { Surface } from './calls.ts';
import { type Ledger, textOf } from './canary.ts';
import type { AccessCheck } from './report.ts';
import type { Sent } from './send.ts';
import { freeform } from './templates.ts';

/** Ids of things that the run made in this account, and of who made them. */
export type Things = {
  readonly projectId: string;
  readonly templateId: string;
  readonly objectId: string;
  readonly apiKeyId: string;
  readonly serviceId: string;
  readonly userId: string;
};

/** Whoever tries: signed in at the pages, with a key, and with a token for it; and a project in which they may do everything. */
export type Stranger = {
  readonly session: Readonly<Record<string, string>>;
  readonly key: string;
  readonly token: string;
  readonly projectId: string;
};

type Attempt = {
  readonly surface: Surface;
  readonly name: string;
  readonly ids: readonly (keyof Things)[];
  readonly make: (things: Things, text: string) => Exchange;
};

/** Every operation on a thing, on every surface. None of them harms more than the run's own things, should it be let through. */
function attempts(modelId: string, ownProjectId: string): readonly Attempt[] {
  const app = (
    name: string,
    ids: readonly (keyof Things)[],
    method: string,
    path: (things: Things) => string,
    body?: (text: string) => object | string,
  ): Attempt => ({
    surface: 'app',
    name: `app, ${name}`,
    ids,
    make: (things, text) => withBody(method, `/api/v1${path(things)}`, body?.(text)),
  });
  const run = (
    surface: Surface,
    name: string,
    path: string,
    body: (text: string, things: Things) => object,
  ): Attempt => ({
    surface,
    name: `${surface}, ${name}`,
    ids: ['projectId'],
    make: (things, text) => {
      const { headers, ...rest } = withBody('POST', path.replace('{project}', things.projectId), body(text, things));
      // What OpenAI's libraries send where a project was named to them.
      const named = surface === 'openai' ? { 'openai-project': things.projectId } : {};
      return { ...rest, headers: { ...headers, ...named } };
    },
  });
  const project = ({ projectId }: Things) => `/projects/${projectId}`;
  const templates = (things: Things) => `${project(things)}/prompt-templates`;
  const template = (things: Things) => `${templates(things)}/${things.templateId}`;
  const objects = (things: Things) => `${project(things)}/bucket/objects`;
  const object = (things: Things) => `${objects(things)}/${things.objectId}`;
  const key = (things: Things) => `${project(things)}/key`;
  const service = ({ serviceId }: Things) => `/service-ids/${serviceId}`;
  const messages = (content: string) => [{ role: 'user', content }];
  const version = 'version=2025-02-11';
  const both = ['projectId', 'templateId'] as const;
  const bucket = ['projectId', 'objectId'] as const;
  const own = `/projects/${ownProjectId}`;
  const inWatsonx = ({ projectId }: Things) => ({ model_id: modelId, project_id: projectId });
  return [
    app('open a template', both, 'GET', template),
    app('change a template', both, 'PATCH', template, (text) => ({ content: freeform(modelId, text) })),
    app('delete a template', both, 'DELETE', template),
    app('list templates', ['projectId'], 'GET', templates),
    app(
      'search templates',
      ['projectId'],
      'POST',
      (things) => `${templates(things)}/search`,
      () => ({ q: 'a' }),
    ),
    app('list assets', ['projectId'], 'GET', (things) => `${project(things)}/assets`),
    app(
      'search assets',
      ['projectId'],
      'POST',
      (things) => `${project(things)}/assets/search`,
      () => ({ q: 'a', sort: 'name' }),
    ),
    app('save a template', ['projectId'], 'POST', templates, (text) => ({
      name: 'cloister verify',
      content: freeform(modelId, text),
    })),
    app('open an object', bucket, 'GET', object),
    app('replace an object', bucket, 'PUT', object, (text) => text),
    app('delete an object', bucket, 'DELETE', object),
    app('list objects', ['projectId'], 'GET', objects),
    app('see a project', ['projectId'], 'GET', project),
    app('change a project', ['projectId'], 'PATCH', project, (text) => ({ description: text })),
    app('delete a project', ['projectId'], 'DELETE', project),
    app('see the key of a project', ['projectId'], 'GET', key),
    app('bind the key of a project', ['projectId'], 'PUT', key, () => ({ providerId: 'local' })),
    app('rotate the key of a project', ['projectId'], 'POST', (things) => `${key(things)}/rotate`),
    app('disable the key of a project', ['projectId'], 'POST', (things) => `${key(things)}/disable`),
    app(
      'destroy the key of a project',
      ['projectId'],
      'POST',
      (things) => `${key(things)}/destroy`,
      (text) => ({ confirmation: text }),
    ),
    app('see collaborators', ['projectId'], 'GET', (things) => `${project(things)}/collaborators`),
    app(
      'look for collaborators',
      ['projectId'],
      'POST',
      (things) => `${project(things)}/candidates/search`,
      () => ({ q: 'a' }),
    ),
    app(
      'add a collaborator',
      ['projectId', 'serviceId'],
      'PUT',
      (things) => `${project(things)}/collaborators/${things.serviceId}`,
      () => ({ role: 'viewer' }),
    ),
    app('see bucket grants', ['projectId'], 'GET', (things) => `${project(things)}/bucket/grants`),
    app(
      'grant a bucket',
      ['projectId', 'serviceId'],
      'PUT',
      (things) => `${project(things)}/bucket/grants/${things.serviceId}`,
      () => ({ access: 'reader' }),
    ),
    app(
      'open a template through a project of one’s own',
      ['templateId'],
      'GET',
      ({ templateId }) => `${own}/prompt-templates/${templateId}`,
    ),
    app(
      'open an object through a project of one’s own',
      ['objectId'],
      'GET',
      ({ objectId }) => `${own}/bucket/objects/${objectId}`,
    ),
    app(
      'add a person to a project of one’s own',
      ['userId'],
      'PUT',
      ({ userId }) => `${own}/collaborators/${userId}`,
      () => ({ role: 'viewer' }),
    ),
    app(
      'add a service ID to a project of one’s own',
      ['serviceId'],
      'PUT',
      ({ serviceId }) => `${own}/collaborators/${serviceId}`,
      () => ({ role: 'viewer' }),
    ),
    app(
      'grant a bucket of one’s own to a person',
      ['userId'],
      'PUT',
      ({ userId }) => `${own}/bucket/grants/${userId}`,
      () => ({ access: 'reader' }),
    ),
    app('change a service ID', ['serviceId'], 'PATCH', service, (text) => ({ description: text })),
    app('see keys of a service ID', ['serviceId'], 'GET', (things) => `${service(things)}/api-keys`),
    app(
      'make a key of a service ID',
      ['serviceId'],
      'POST',
      (things) => `${service(things)}/api-keys`,
      () => ({ name: 'x' }),
    ),
    app('delete a service ID', ['serviceId'], 'DELETE', service),
    app('rotate an API key', ['apiKeyId'], 'POST', ({ apiKeyId }) => `/api-keys/${apiKeyId}/rotate`),
    app('delete an API key', ['apiKeyId'], 'DELETE', ({ apiKeyId }) => `/api-keys/${apiKeyId}`),
    run('app', 'generate', '/api/v1/projects/{project}/generate', (text) => ({
      modelId,
      prompt: { mode: 'freeform', text },
      parameters: { maxNewTokens: 2 },
    })),
    run('app', 'tokenize', '/api/v1/projects/{project}/tokenize', (text) => ({
      modelId,
      prompt: { mode: 'freeform', text },
    })),
    ...['generation', 'generation_stream'].map((name) =>
      run('watsonx', name, `/ml/v1/text/${name}?${version}`, (input, things) => ({
        ...inWatsonx(things),
        input,
        parameters: { max_new_tokens: 2 },
      })),
    ),
    ...['chat', 'chat_stream'].map((name) =>
      run('watsonx', name, `/ml/v1/text/${name}?${version}`, (text, things) => ({
        ...inWatsonx(things),
        max_tokens: 2,
        messages: messages(text),
      })),
    ),
    run('openai', 'chat/completions', '/v1/chat/completions', (text) => ({
      model: modelId,
      max_tokens: 2,
      messages: messages(text),
    })),
    run('openai', 'completions', '/v1/completions', (prompt) => ({ model: modelId, max_tokens: 2, prompt })),
  ];
}

/** Lists that show what one has oneself. */
const LISTS: readonly string[] = [
  '/api/v1/session',
  '/api/v1/account',
  '/api/v1/people',
  '/api/v1/invitations',
  '/api/v1/service-ids',
  '/api/v1/api-keys',
  '/api/v1/projects',
  '/api/v1/buckets',
  '/api/v1/audit-events',
  '/api/v1/audit-events/export?format=jsonl',
  '/api/v1/audit-events/export?format=csv',
  '/v1/models',
  '/ml/v1/foundation_model_specs?version=2025-02-11',
];

export type ForeignAttempts = { readonly checks: readonly AccessCheck[]; readonly sent: readonly Sent[] };

/** @param secrets what no list of the stranger's may hold: ids and words of this account */
export async function tryForeignThings(
  { peer, modelId }: { readonly peer: Peer; readonly modelId: string },
  stranger: Stranger,
  things: Things,
  secrets: readonly string[],
  ledger: Ledger,
): Promise<ForeignAttempts> {
  const sent: Sent[] = [];
  const told: string[] = [];
  const letThrough: string[] = [];
  const different: string[] = [];

  // Before anything is tried: a refusal stands in the stranger's own audit log with the id that they named.
  for (const path of LISTS) {
    const answer = await exchange(peer, { method: 'GET', path, headers: stranger.session });
    if (answer.status !== 200 || secrets.some((secret) => answer.text.includes(secret)))
      told.push(`GET ${path}: ${answer.status === 200 ? 'holds something of this account' : answer.status}`);
  }
  for (const attempt of attempts(modelId, stranger.projectId)) {
    for (const [by, headers] of credentialsOf(stranger, attempt.surface)) {
      const name = `${attempt.name}, by another account's owner with ${by}`;
      const tryWith = async (those: Things) => {
        const { headers: more, ...what } = attempt.make(those, textOf(ledger.add(name)));
        const answer = await exchange(peer, { ...what, headers: { ...more, ...headers } });
        sent.push({ surface: attempt.surface, step: name, way: 'refused', expected: true, status: answer.status });
        return answer;
      };
      const real = await tryWith(things);
      if (real.status !== 404) letThrough.push(`${name}: ${real.status}`);
      for (const id of attempt.ids) {
        const unknown = await tryWith({ ...things, [id]: randomUUID() });
        if (shapeOf(unknown) !== shapeOf(real)) different.push(`${name}: than with a ${id} that never existed`);
      }
    }
  }
  const surfaces = [...new Set(sent.map(({ surface }) => surface))].join(', ');
  return {
    sent,
    checks: [
      checked(`its lists tell nothing of this one (${LISTS.length})`, told),
      checked(`${sent.length} attempts with ids of this one (${surfaces}) find nothing (404)`, letThrough),
      checked('each answered with the same bytes as for ids that never existed', different),
    ],
  };
}

function credentialsOf({ session, key, token }: Stranger, surface: Surface): [string, Record<string, string>][] {
  const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
  if (surface === 'watsonx') return [['an access token', bearer(token)]];
  if (surface === 'openai') return [['an API key', bearer(key)]];
  return [
    ['a login session', { ...session }],
    ['an API key', bearer(key)],
  ];
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const OF_THE_REQUEST = new Set(['date', 'x-request-id']);

/** An answer without what names the request itself: its time, its trace, and the ids that the caller wrote. */
export function shapeOf({ status, headers, text }: Answer): string {
  const kept = Object.entries(headers)
    .filter(([name]) => !OF_THE_REQUEST.has(name))
    .map(([name, value]) => `${name}: ${value}`);
  return [status, ...kept.sort(), text].join('\n').replaceAll(UUID, '<id>');
}

function checked(check: string, faults: readonly string[]): AccessCheck {
  if (faults.length === 0) return { check, ok: true };
  const [first = ''] = faults;
  return { check, ok: false, found: faults.length === 1 ? first : `${first}, and ${faults.length - 1} more` };
}

function withBody(method: string, path: string, body: object | string | undefined): Exchange {
  if (body === undefined) return { method, path };
  if (typeof body === 'string') return { method, path, body, headers: { 'content-type': 'application/octet-stream' } };
  return { method, path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
