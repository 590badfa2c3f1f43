/** Attacks on signing in, one test each, against the real server. Those on tokens and second factors are beside what they attack. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, must, nobody, send, signInAs, withCookie } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

const { email, password } = ADMINISTRATOR;
const SESSION = '/api/v1/session';

let deployment: Deployment;
let url: string;

beforeAll(async () => {
  deployment = await startDeployment();
  ({ url } = deployment);
});
afterAll(() => deployment?.remove());

/** What a page of this very server sends, without a cookie. */
const samePage = (): Caller => ({ headers: { origin: url, 'sec-fetch-site': 'same-origin' } });

const cookieOf = ({ headers }: Caller): string => headers.cookie ?? '';

describe('session fixation', () => {
  it('is worth nothing: signing in gives a new token, and a planted one stays nobody’s', async () => {
    const planted = `cloister_session=cls_${'A'.repeat(43)}`;
    const reply = await send(url, withCookie(url, planted), 'POST', SESSION, { email, password });
    expect(reply.status).toBe(200);
    const given = reply.headers.getSetCookie().find((line) => line.startsWith('cloister_session=')) ?? '';
    expect(given).toMatch(/^cloister_session=cls_[\w-]{43};/);
    expect(given).not.toContain('AAAAAAAA');
    expect((await send(url, withCookie(url, planted), 'GET', SESSION)).status).toBe(401);
  });

  it('does not work with a session of one’s own either: a second sign-in does not go on in it', async () => {
    const first = await signInAs(url, email, password);
    const again = await send(url, first, 'POST', SESSION, { email, password });
    const second = again.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    expect(second).not.toBe(cookieOf(first));
    await must(url, withCookie(url, second), 'DELETE', SESSION);
    expect((await send(url, withCookie(url, second), 'GET', SESSION)).status).toBe(401);
    expect((await send(url, first, 'GET', SESSION)).status).toBe(200);
  });
});

describe('a tampered cookie', () => {
  it('opens nothing, whichever character is changed', async () => {
    const cookie = cookieOf(await signInAs(url, email, password));
    const start = cookie.indexOf('=') + 1;
    const positions = Array.from({ length: cookie.length - start }, (_, index) => start + index);
    for (const position of positions) {
      const other = cookie[position] === 'x' ? 'y' : 'x';
      const tampered = `${cookie.slice(0, position)}${other}${cookie.slice(position + 1)}`;
      expect((await send(url, withCookie(url, tampered), 'GET', SESSION)).status, tampered).toBe(401);
    }
    for (const odd of [
      `${cookie}x`,
      cookie.slice(0, -1),
      'cloister_session=',
      'cloister_session=%00',
      `${cookie}%00`,
    ]) {
      expect((await send(url, withCookie(url, odd), 'GET', SESSION)).status, odd).toBe(401);
    }
    expect((await send(url, withCookie(url, cookie), 'GET', SESSION)).status).toBe(200);
  });

  it('cannot be read by a page, sent by another site, or kept beyond the session', async () => {
    const reply = await send(url, samePage(), 'POST', SESSION, { email, password });
    const attributes = reply.headers.getSetCookie()[0] ?? '';
    expect(attributes).toMatch(/; HttpOnly/i);
    expect(attributes).toMatch(/; SameSite=Strict/i);
    expect(attributes).toMatch(/; Path=\//i);
    expect(attributes).toMatch(/; Expires=/i);
  });
});

describe('CSRF', () => {
  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:9', 'sec-fetch-site': 'same-site' }],
    ['a form without any origin', {}],
    ['a sandboxed page', { origin: 'null' }],
    ['a browser that only sends where it is from', { origin: 'https://evil.example' }],
  ])('from %s changes nothing', async (_name, headers) => {
    const { cookie = '' } = (await signInAs(url, email, password)).headers;
    const caller: Caller = { headers: { cookie, ...headers } };
    const before = await must<{ items: unknown[] }>(url, withCookie(url, cookie), 'GET', '/api/v1/projects');
    const writes: readonly (readonly [string, string, object?])[] = [
      ['POST', '/api/v1/projects', { name: 'Forged' }],
      ['POST', '/api/v1/api-keys', { name: 'Forged' }],
      ['POST', '/api/v1/invitations', { email: 'forged@example.org', role: 'owner' }],
      ['POST', '/api/v1/profile/password', { currentPassword: password, newPassword: 'forged forged forged' }],
      ['DELETE', '/api/v1/profile/sessions'],
      ['DELETE', '/api/v1/session'],
    ];
    for (const [method, path, body] of writes) {
      const { status, text } = await send(url, caller, method, path, body);
      expect(status, `${method} ${path}: ${text}`).toBe(403);
    }
    const after = await must<{ items: unknown[] }>(url, withCookie(url, cookie), 'GET', '/api/v1/projects');
    expect(after).toEqual(before);
  });

  it('of the sign-in itself is refused: nobody is signed in as somebody else', async () => {
    const caller: Caller = { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } };
    const reply = await send(url, caller, 'POST', SESSION, { email, password });
    expect(reply.status).toBe(403);
    expect(reply.headers.getSetCookie()).toEqual([]);
  });

  it('with a simple form body is refused before it is read', async () => {
    const { cookie = '' } = (await signInAs(url, email, password)).headers;
    const form = { 'content-type': 'text/plain' };
    const caller: Caller = { headers: { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } };
    expect((await send(url, caller, 'POST', '/api/v1/projects', '{"name":"Forged"}', form)).status).toBe(403);
  });
});

describe('an open redirect', () => {
  it('is nowhere: no address in a request becomes the address of an answer', async () => {
    const elsewhere = 'https://evil.example/';
    const encoded = encodeURIComponent(elsewhere);
    const paths = [
      `/?next=${encoded}`,
      `/sign-in?next=${encoded}`,
      `/sign-in?returnTo=${encoded}`,
      `//evil.example/`,
      `/\\evil.example/`,
      `/https://evil.example/`,
      `/%2f%2fevil.example/`,
      `/api/v1/identity-providers/none/sign-in?return=${encoded}&redirect_uri=${encoded}`,
      `/api/v1/identity-providers/none/callback?state=x&code=y&redirect_uri=${encoded}`,
    ];
    for (const path of paths) {
      const { status, headers, text } = await send(url, nobody, 'GET', path);
      const location = headers.get('location');
      expect(location === null || location.startsWith('/') === true, `${path} → ${location}`).toBe(true);
      expect(location?.startsWith('//') ?? false, `${path} → ${location}`).toBe(false);
      expect(headers.get('refresh'), path).toBeNull();
      expect(text, `${path}: ${status}`).not.toContain('evil.example');
    }
  });
});

describe('guessing passwords', () => {
  it('is slowed down at one person, also when the guesses run at the same time, and tells nobody who exists', async () => {
    const guess = (address: string) =>
      send(url, samePage(), 'POST', SESSION, { email: address, password: 'a wrong password' });
    const known = await Promise.all(Array.from({ length: 12 }, () => guess(email)));
    const unknown = await Promise.all(Array.from({ length: 12 }, () => guess('nobody@example.org')));
    for (const replies of [known, unknown]) {
      const statuses = replies.map(({ status }) => status).sort();
      expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(6);
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(6);
    }
    const withoutTrace = ({ text }: { text: string }) => text.replace(/"trace":"[^"]+"/, '');
    const refusal = (replies: typeof known) => replies.find(({ status }) => status === 401) ?? { text: '' };
    expect(withoutTrace(refusal(known))).toBe(withoutTrace(refusal(unknown)));
    const throttled = known.find(({ status }) => status === 429);
    expect(Number(throttled?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
