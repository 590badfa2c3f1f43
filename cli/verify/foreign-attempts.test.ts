import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { createLedger } from './canary.ts';
import { tryForeignThings } from './foreign-attempts.ts';

const things = {
  projectId: randomUUID(),
  templateId: randomUUID(),
  objectId: randomUUID(),
  apiKeyId: randomUUID(),
  serviceId: randomUUID(),
  userId: randomUUID(),
};
const stranger = { session: { cookie: 'c=1' }, key: 'cl_key', token: 'token', projectId: randomUUID() };
const LISTS =
  /^\/(api\/v1\/(session|account|people|invitations|[a-z]+-ids|api-keys|projects|buckets)|.*(audit-events|models|specs).*)$/;
/\/(session|account|people|invitations|service-ids|api-keys|projects|buckets|audit-events.*|models)$|specs/;

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

type Reply = { readonly status: number; readonly text: string };

/** What a server does that keeps accounts apart: what is not there and what is foreign are told in the same words. */
function apart(request: IncomingMessage): Reply {
  if (request.method === 'GET' && LISTS.test(request.url ?? '')) return { status: 200, text: '{"items":[]}' };
  return { status: 404, text: `{"detail":"There is no ${request.url} here.","trace":"${randomUUID()}"}` };
}

async function tryAt(answer: (request: IncomingMessage) => Reply) {
  server = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      const { status, text } = answer(request);
      response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': randomUUID() });
      response.end(text);
    });
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const world = { peer: { url: `http://127.0.0.1:${port}` }, modelId: 'none/none' };
  const secrets = [...Object.values(things), 'bokabokaboka'];
  const { checks, sent } = await tryForeignThings(world, stranger, things, secrets, createLedger());
  return { sent, checks, faults: checks.map(({ ok, found = '' }) => (ok ? '' : found)) };
}

it('tries every surface, and is content where foreign and unknown are the same', async () => {
  const { sent, checks, faults } = await tryAt(apart);
  expect(faults).toEqual(['', '', '']);
  expect(checks[1]?.check).toContain('app, watsonx, openai');
  expect(sent.length).toBeGreaterThan(100);
});

it('finds something that opens', async () => {
  const { faults } = await tryAt((request) =>
    request.method === 'GET' && request.url?.endsWith(`${things.projectId}/prompt-templates/${things.templateId}`)
      ? { status: 200, text: '{}' }
      : apart(request),
  );
  expect(faults[1]).toBe("app, open a template, by another account's owner with a login session: 200, and 1 more");
  expect(faults[2]).toContain('than with a projectId that never existed');
});

it('finds a refusal that tells a foreign thing from one that never existed, by its status and by its words', async () => {
  const isForeign = ({ url = '', headers }: IncomingMessage) =>
    `${url}${headers['openai-project']}`.includes(things.projectId);
  const denied = await tryAt((request) => ({ ...apart(request), ...(isForeign(request) ? { status: 403 } : {}) }));
  expect(denied.faults[1]).toMatch(/: 403, and \d+ more$/);
  const worded = await tryAt((request) => {
    const reply = apart(request);
    return reply.status === 404 && isForeign(request) ? { ...reply, text: `${reply.text} ` } : reply;
  });
  expect(worded.faults).toEqual(['', '', expect.stringContaining('than with a projectId that never existed')]);
});

it.each([things.objectId, 'bokabokaboka'])('finds a list that tells of something foreign', async (secret) => {
  const { faults } = await tryAt((request) =>
    request.url === '/api/v1/projects' && request.method === 'GET' ? { status: 200, text: secret } : apart(request),
  );
  expect(faults).toEqual(['GET /api/v1/projects: holds something of this account', '', '']);
});

it('is not content with a list that it does not get', async () => {
  const { faults } = await tryAt((request) =>
    request.url === '/api/v1/people' ? { status: 500, text: '' } : apart(request),
  );
  expect(faults[0]).toBe('GET /api/v1/people: 500');
});
