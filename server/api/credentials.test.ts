import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Actor, Secret } from '../core/index.ts';
import type { IdentityService } from '../identity/index.ts';
import { Credentials, requireSameOrigin, sessionCookie } from './credentials.ts';

const actor: Actor = { accountId: 'account', userId: 'user', via: 'login-session' };
let asked = 0;
const identity = {
  actorOfSession: async () => {
    asked += 1;
    return actor;
  },
} as unknown as IdentityService;
const credentials = new Credentials(identity, new WeakSet(), false);

/** A request as a browser sends it that is signed in. */
function requestOf(method: string, headers: Record<string, string>): FastifyRequest {
  const host = 'studio.example.org';
  return {
    method,
    headers: { host, ...headers },
    cookies: { [sessionCookie(false)]: 'x' },
    raw: { socket: {} },
  } as never;
}

const fromElsewhere: readonly Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'none' },
  // A page cannot set the one, and the other does not make up for it.
  { 'sec-fetch-site': 'cross-site', origin: 'https://studio.example.org' },
  { origin: 'https://evil.example' },
  { origin: 'https://studio.example.org.evil.example' },
  { origin: 'null' },
  {},
];
const fromHere: readonly Record<string, string>[] = [
  { 'sec-fetch-site': 'same-origin' },
  { origin: 'https://studio.example.org' },
];

describe('a request that another site made the browser send', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    it(`is refused, cookie and all: ${method}`, async () => {
      const refusal = { code: 'permission-denied', details: { reason: 'cross-site' } };
      for (const headers of fromElsewhere) {
        await expect(credentials.actorOf(requestOf(method, headers))).rejects.toMatchObject(refusal);
        expect(() => requireSameOrigin(requestOf(method, headers))).toThrow(expect.objectContaining(refusal));
      }
    });

    it(`is taken when it came from this very origin: ${method}`, async () => {
      for (const headers of fromHere) expect(await credentials.actorOf(requestOf(method, headers))).toBe(actor);
    });
  }

  it('may look: what it answers no other site can read', async () => {
    for (const method of ['GET', 'HEAD'])
      for (const headers of [...fromElsewhere, ...fromHere])
        expect(await credentials.actorOf(requestOf(method, headers))).toBe(actor);
  });
});

it('the session is in the cookie of the mode, and in no other', () => {
  const token = (isTls: boolean, name: string) => {
    const request = { cookies: { [name]: 'x' }, raw: { socket: {} } } as unknown as FastifyRequest;
    return new Credentials(identity, new WeakSet(), isTls).sessionToken(request)?.expose();
  };
  expect(token(false, 'cloister_session')).toBe('x');
  expect(token(true, '__Host-cloister_session')).toBe('x');
  expect(token(true, 'cloister_session')).toBeUndefined();
  expect(token(false, '__Host-cloister_session')).toBeUndefined();
});

it('who sends a request is asked once', async () => {
  const request = requestOf('GET', {});
  const before = asked;
  await credentials.actorOf(request);
  await credentials.actorOf(request);
  expect(asked).toBe(before + 1);
});

describe('what a program presents', () => {
  const presented: unknown[][] = [];
  const program = new Credentials(
    {
      actorOfApiKey: async (key: Secret, username?: string) => {
        presented.push(['API key', key.expose(), username]);
        return actor;
      },
      actorOfAccessToken: async (token: Secret) => {
        presented.push(['access token', token.expose()]);
        return actor;
      },
    } as unknown as IdentityService,
    new WeakSet(),
    false,
  );
  const present = async (authorization: string) => {
    presented.length = 0;
    const request = { method: 'GET', headers: { authorization }, cookies: {}, raw: { socket: {} } } as never;
    await program.actorOf(request);
    return presented[0];
  };
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('is an API key or an access token as Bearer', async () => {
    expect(await present('Bearer cl_key')).toEqual(['API key', 'cl_key', undefined]);
    expect(await present('bearer eyJ.a.b')).toEqual(['access token', 'eyJ.a.b']);
  });

  it('is a name and an API key as ZenApiKey', async () => {
    expect(await present(`ZenApiKey ${base64('ada@example.org:cl_key')}`)).toEqual([
      'API key',
      'cl_key',
      'ada@example.org',
    ]);
    expect(await present(`zenapikey ${base64('a:b:cl_key')}`)).toEqual(['API key', 'cl_key', 'a:b']);
  });

  it('is nothing else, and the refusal says what to send', async () => {
    const refusals: [string, string][] = [
      [`Basic ${base64('ada@example.org:password')}`, 'Basic is not taken'],
      [`ZenApiKey ${base64('cl_key')}`, 'base64 of `username:api_key`'],
      [`ZenApiKey ${base64(':cl_key')}`, 'base64 of `username:api_key`'],
      ['Bearer', 'must be `Bearer` and'],
      ['Bearer a b', 'must be `Bearer` and'],
      ['Negotiate x', 'must be `Bearer` and'],
      ['', 'must be `Bearer` and'],
    ];
    for (const [header, words] of refusals)
      await expect(present(header), header).rejects.toMatchObject({
        code: 'unauthenticated',
        message: expect.stringContaining(words),
      });
  });
});
