import { TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loginSessionList,
  passkeyOptions,
  recoveryCodes,
  signInResult,
  totpEnrolment,
} from '../../contract/app/index.ts';
import { createSoftwareAuthenticator } from '../../server/identity/testing.ts';
import { ADMINISTRATOR, createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

let deployment: Deployment;
/** Browsers know passkeys by a name, so the server is asked by the one that it has on its own machine. */
let site: string;

beforeAll(async () => {
  deployment = await startDeployment();
  site = deployment.url.replace('127.0.0.1', 'localhost');
});
afterAll(() => deployment?.remove());

type Caller = {
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
};

/** A browser: keeps the session's cookie, and says which page it sends from. */
function browser(at = site): Caller {
  let cookie = '';
  return {
    async send(method, path, body) {
      const response = await fetch(`${at}/api/v1${path}`, {
        method,
        headers: { origin: at, cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const [set] = response.headers.getSetCookie();
      if (set !== undefined) cookie = set.split(';')[0] ?? '';
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

async function signInWithPassword(caller: Caller) {
  const { status, body } = await caller.send('POST', '/session', ADMINISTRATOR);
  expect(status).toBe(200);
  return signInResult.parse(body);
}

async function stepToken(caller: Caller): Promise<string> {
  const result = await signInWithPassword(caller);
  if (result.state !== 'second-factor') throw new Error(`the sign-in came to ${result.state}`);
  return result.stepToken;
}

async function currentSession(caller: Caller) {
  const { items } = loginSessionList.parse((await caller.send('GET', '/profile/sessions')).body);
  return items.find(({ isCurrent }) => isCurrent);
}

const reasonOf = ({ status, body }: { status: number; body: unknown }) =>
  `${status} ${(body as { reason?: string }).reason}`;

describe('second factors over HTTP, in PostgreSQL', () => {
  it('an authenticator app is set up, asked for, and never takes a code twice', async () => {
    const ada = browser();
    expect((await signInWithPassword(ada)).state).toBe('signed-in');
    const { secret, uri } = totpEnrolment.parse((await ada.send('POST', '/profile/totp')).body);
    expect(uri).toContain(secret);
    const app = new TOTP({ secret });
    const confirmed = await ada.send('POST', '/profile/totp/confirm', { code: app.generate() });
    const { codes } = recoveryCodes.parse(confirmed.body);
    expect(codes).toHaveLength(10);

    const next = { method: 'totp', code: app.generate({ timestamp: Date.now() + 30_000 }) };
    const other = browser();
    const used = await other.send('POST', '/session/second-factor', { stepToken: await stepToken(other), ...next });
    expect(signInResult.parse(used.body).state).toBe('signed-in');
    expect(await currentSession(other)).toMatchObject({ method: 'password', hasSecondFactor: true });
    const third = browser();
    const replayed = await third.send('POST', '/session/second-factor', { stepToken: await stepToken(third), ...next });
    expect(reasonOf(replayed)).toBe('401 second-factor-refused');

    const attempts = await Promise.all(
      [third, third].map(async (caller) => {
        const step = await stepToken(caller);
        return caller.send('POST', '/session/second-factor', {
          stepToken: step,
          method: 'recovery-code',
          code: codes[0],
        });
      }),
    );
    expect(attempts.map(({ status }) => status).toSorted()).toEqual([200, 401]);

    const renewed = await ada.send('POST', '/profile/recovery-codes', { password: ADMINISTRATOR.password });
    expect(recoveryCodes.parse(renewed.body).codes).toHaveLength(10);
    expect(reasonOf(await ada.send('DELETE', '/profile/totp', {}))).toBe('400 password-needed');
    expect((await ada.send('DELETE', '/profile/totp', { password: ADMINISTRATOR.password })).status).toBe(204);
    expect((await signInWithPassword(third)).state).toBe('signed-in');
  });

  it('a passkey signs in alone and after the password, and is removed', async () => {
    const ada = browser();
    await signInWithPassword(ada);
    const device = createSoftwareAuthenticator();
    const registration = passkeyOptions.parse((await ada.send('POST', '/profile/passkeys/options', {})).body);
    const added = await ada.send('POST', '/profile/passkeys', {
      stepToken: registration.stepToken,
      name: 'Laptop',
      response: device.register(registration.options, site),
    });
    expect(added.status).toBe(201);

    for (const isAlone of [true, false]) {
      const other = browser();
      const begin = isAlone ? {} : { stepToken: await stepToken(other) };
      const asked = passkeyOptions.parse((await other.send('POST', '/session/passkey/options', begin)).body);
      const response = device.sign(asked.options, site);
      const answer = { stepToken: asked.stepToken, response };
      const done = await other.send('POST', '/session/passkey', answer);
      expect(signInResult.parse(done.body).state).toBe('signed-in');
      expect(await currentSession(other)).toMatchObject({
        method: isAlone ? 'passkey' : 'password',
        hasSecondFactor: true,
      });
      expect(reasonOf(await other.send('POST', '/session/passkey', answer))).toBe('401 sign-in-step-over');
    }

    const listed = (await ada.send('GET', '/profile/passkeys')).body as { items: { id: string; lastUsedAt: string }[] };
    expect(listed.items).toMatchObject([{ name: 'Laptop', lastUsedAt: expect.any(String) }]);
    const path = `/profile/passkeys/${listed.items[0]?.id}`;
    expect((await ada.send('DELETE', path, { password: ADMINISTRATOR.password })).status).toBe(204);
  });

  it('a page at a numeric address is told why it can use no passkey', async () => {
    const refused = await browser(deployment.url).send('POST', '/session/passkey/options', {});
    expect(reasonOf(refused)).toBe('409 passkey-needs-name');
    expect((refused.body as { detail: string }).detail).toContain('http://localhost');
  });

  it('nobody changes a sign-in with an API key, and no other site begins one', async () => {
    const authorization = `Bearer ${await createApiKey(deployment)}`;
    for (const path of ['/profile/totp', '/profile/passkeys/options']) {
      const response = await fetch(`${site}/api/v1${path}`, { method: 'POST', headers: { authorization } });
      expect(response.status, path).toBe(403);
    }
    const response = await fetch(`${site}/api/v1/session/passkey/options`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.status).toBe(403);
  });
});
