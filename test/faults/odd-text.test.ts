/** Texts that JSON can write and PostgreSQL cannot keep, in every place where metadata goes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { type Composed, startComposed } from '../support/composed.ts';
import { ADMINISTRATOR } from '../support/deployment.ts';

let server: Composed;
let ada: Caller;
let projectId: string;

beforeAll(async () => {
  server = await startComposed();
  ada = await signInAs(server.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  ({ id: projectId } = await must<{ id: string }>(server.url, ada, 'POST', '/api/v1/projects', { name: 'Odd' }));
});
afterAll(() => server?.close());

describe.each([
  ['a zero byte', 'a\u0000b', [400]],
  ['half a surrogate pair', 'a\ud800b', [200, 201, 204, 400]],
])('%s', (_name, text, statuses) => {
  it('is answered and is no fault of the server', async () => {
    const project = `/api/v1/projects/${projectId}`;
    const calls: readonly (readonly [string, string, object?])[] = [
      ['PATCH', '/api/v1/profile', { name: text }],
      ['PATCH', '/api/v1/account', { name: text }],
      ['POST', '/api/v1/projects', { name: text }],
      ['POST', '/api/v1/projects', { name: 'n', description: text }],
      ['PATCH', project, { description: text }],
      ['POST', '/api/v1/api-keys', { name: text }],
      ['POST', '/api/v1/service-ids', { name: 'n', description: text }],
      ['POST', `${project}/candidates/search`, { q: text }],
      ['POST', `${project}/prompt-templates/search`, { q: text }],
      ['POST', `${project}/assets/search`, { q: text }],
      ['POST', `${project}/assets/search`, { tag: text }],
    ];
    for (const [method, path, body] of calls) {
      const { status, text: answer } = await send(server.url, ada, method, path, body);
      expect(statuses, `${method} ${path}: ${status} ${answer}`).toContain(status);
    }
  });
});
