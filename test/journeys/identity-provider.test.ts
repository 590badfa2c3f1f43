import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loginSessionList, personList, profile, session } from '../../contract/app/index.ts';
import { appClient } from '../support/client.ts';
import { ADMINISTRATOR, createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import {
  CLIENT,
  type Cookies,
  open,
  signInAtProvider,
  startIdentityProvider,
  type TestIdentityProvider,
} from '../support/identity-provider.ts';
import { startBrowser } from './browser.ts';

let folder: string;
let provider: TestIdentityProvider;
let deployment: Deployment;
let apiKey: string;
let projectId: string;

/** The groups decide about a project, so there is one before the settings name it; the server then starts again. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-identity-provider-'));
  provider = await startIdentityProvider();
  writeFileSync(join(folder, 'secret'), `${CLIENT.secret}\n`);
  writeFileSync(join(folder, 'providers.json'), '[]');
  const first = await startDeployment({
    folder,
    settings: { CLOISTER_IDENTITY_PROVIDERS: join(folder, 'providers.json') },
  });
  apiKey = await createApiKey(first);
  projectId = (await appClient(first.url, apiKey).createProject('Contracts')).id;
  await first.stop();
  const settings = {
    id: 'hospital',
    name: 'Hospital ID',
    issuer: provider.issuer,
    clientId: CLIENT.id,
    clientSecretFile: 'secret',
    scopes: ['profile', 'email', 'groups'],
    roles: [
      { group: 'staff', role: 'member' },
      { group: 'it', role: 'administrator' },
    ],
    projectRoles: [{ group: 'lawyers', projectId, role: 'editor' }],
  };
  const gone = { ...settings, id: 'gone', name: 'Gone', issuer: 'http://localhost:9', projectRoles: [] };
  writeFileSync(join(folder, 'providers.json'), JSON.stringify([settings, gone]));
  deployment = await first.restart();
  await provider.serve(callbackUrl());
});
afterAll(async () => {
  await deployment?.stop();
  await provider?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(async () => {
  await provider.tamper('none');
  await provider.know({ bo: BO });
});

const BO = { email: 'bo@example.org', email_verified: true, name: 'Bo Berg', groups: ['staff'] };
const signInUrl = (id = 'hospital') => `${deployment.url}/api/v1/identity-providers/${id}/sign-in`;
const callbackUrl = () => `${deployment.url}/api/v1/identity-providers/hospital/callback`;

/** Where the browser ends when it signs in, without opening that page. */
async function signIn(person: string, cookies: Cookies = new Map()): Promise<{ cookies: Cookies; end: string | null }> {
  const response = await open(await comeBack(person, cookies), cookies);
  expect(response.status).toBe(303);
  return { cookies, end: response.headers.get('location') };
}

/** Goes to the provider and signs in there. @returns the address of the callback, not opened yet */
async function comeBack(person: string, cookies: Cookies): Promise<string> {
  return signInAtProvider(await goToProvider(cookies), person, cookies);
}

async function goToProvider(cookies: Cookies): Promise<string> {
  const response = await open(signInUrl(), cookies);
  expect(response.status).toBe(303);
  return response.headers.get('location') ?? '';
}

const sessionCookie = (cookies: Cookies) => cookies.get(deployment.url)?.get('cloister_session');

async function read(path: string, cookies: Cookies): Promise<unknown> {
  const response = await open(`${deployment.url}/api/v1${path}`, cookies);
  expect(response.status, path).toBe(200);
  return response.json();
}

/** As the administrator, by API key. */
async function asAdministrator(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${deployment.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('signing in at an identity provider', () => {
  it('is offered, under the name that people know it by', async () => {
    const response = await fetch(`${deployment.url}/api/v1/identity-providers`);
    expect(await response.json()).toEqual({
      items: [
        { id: 'hospital', name: 'Hospital ID' },
        { id: 'gone', name: 'Gone' },
      ],
    });
  });

  it('makes a person at the first time, with the roles of their groups, and knows them at the next', async () => {
    await provider.know({ bo: { ...BO, groups: ['staff', 'lawyers'] } });
    const { cookies, end } = await signIn('bo');
    expect(end).toBe('/');
    const { user } = session.parse(await read('/session', cookies));
    expect(user).toMatchObject({ name: 'Bo Berg', email: 'bo@example.org', role: 'member' });
    const { hasPassword } = profile.parse(await read('/profile', cookies));
    expect(hasPassword).toBe(false);
    const { items } = loginSessionList.parse(await read('/profile/sessions', cookies));
    expect(items).toMatchObject([{ method: 'identity-provider', isCurrent: true }]);
    expect(await read(`/projects/${projectId}`, cookies)).toMatchObject({ id: projectId });

    await provider.know({ bo: { ...BO, groups: ['it'] } });
    const again = await signIn('bo');
    const later = session.parse(await read('/session', again.cookies));
    expect(later.user).toMatchObject({ id: user.id, role: 'administrator' });
    const project = await open(`${deployment.url}/api/v1/projects/${projectId}`, again.cookies);
    expect(project.status).toBe(404);
  });

  it('does not let in whose groups give them nothing, and makes no person of them', async () => {
    await provider.know({ cy: { email: 'cy@example.org', email_verified: true, name: 'Cy', groups: ['visitors'] } });
    const { cookies, end } = await signIn('cy');
    expect(end).toBe('/sign-in#error=not-allowed');
    expect(sessionCookie(cookies)).toBeUndefined();
    const { items } = personList.parse(await (await asAdministrator('GET', '/people')).json());
    expect(items.map(({ email }) => email)).not.toContain('cy@example.org');
  });

  it('links a person who is here by an address that the provider has verified, and keeps the last owner one', async () => {
    const owner = { email: ADMINISTRATOR.email, name: 'Somebody', groups: ['staff'] };
    await provider.know({ di: { ...owner, email_verified: false }, ed: owner });
    for (const person of ['di', 'ed']) expect((await signIn(person)).end, person).toBe('/sign-in#error=not-allowed');
    await provider.know({ ada: { ...owner, email_verified: true } });
    const { cookies, end } = await signIn('ada');
    expect(end).toBe('/');
    const { user } = session.parse(await read('/session', cookies));
    expect(user).toMatchObject({ email: ADMINISTRATOR.email, role: 'owner' });
    expect(user.name).not.toBe('Somebody');
  });

  it('does not let in who is suspended here', async () => {
    const { cookies } = await signIn('bo');
    const { user } = session.parse(await read('/session', cookies));
    const suspend = (isSuspended: boolean) => asAdministrator('PATCH', `/people/${user.id}`, { isSuspended });
    expect((await suspend(true)).status).toBe(200);
    expect((await signIn('bo')).end).toBe('/sign-in#error=not-allowed');
    expect((await suspend(false)).status).toBe(200);
    expect((await signIn('bo')).end).toBe('/');
  });

  it('says so when the provider is down, and lets nobody wait', async () => {
    const response = await open(signInUrl('gone'), new Map());
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in#error=failed']);
    expect((await open(signInUrl('unknown'), new Map())).status).toBe(404);
  });
});

describe('an answer of the provider', () => {
  const refused = '/sign-in#error=refused';

  it('is taken from the browser that asked, once, for the question that it asked', async () => {
    const cookies: Cookies = new Map();
    const back = await comeBack('bo', cookies);
    expect((await open(back, new Map())).headers.get('location')).toBe(refused);
    await fetch(back, { method: 'HEAD', redirect: 'manual', headers: cookieHeader(cookies) });
    const kept: Cookies = new Map([...cookies].map(([origin, own]) => [origin, new Map(own)]));
    expect((await open(back, cookies)).headers.get('location')).toBe('/');
    expect((await open(back, kept)).headers.get('location')).toBe(refused);
  });

  it('is refused with the state of nobody, or with the code of another sign-in', async () => {
    for (const change of [
      { state: 'x' },
      { state: null },
      { code: 'x' },
      { code: null },
      { iss: 'https://evil.example' },
    ]) {
      const cookies: Cookies = new Map();
      const back = new URL(await comeBack('bo', cookies));
      for (const [name, value] of Object.entries(change)) {
        if (value === null) back.searchParams.delete(name);
        else back.searchParams.set(name, value);
      }
      expect((await open(back.href, cookies)).headers.get('location'), JSON.stringify(change)).toBe(refused);
      expect(sessionCookie(cookies)).toBeUndefined();
    }
    const stolen = new URL(await comeBack('bo', new Map())).searchParams.get('code') ?? '';
    const cookies: Cookies = new Map();
    const own = new URL(await comeBack('bo', cookies));
    own.searchParams.set('code', stolen);
    expect((await open(own.href, cookies)).headers.get('location')).toBe(refused);
  });

  it('is refused with an ID token that somebody changed, that nobody signed, or that is for something else', async () => {
    for (const tampering of ['altered', 'algorithm-none', 'nonce', 'issuer', 'audience', 'expired'] as const) {
      await provider.tamper(tampering);
      const { cookies, end } = await signIn('bo');
      expect(end, tampering).toBe(refused);
      expect(sessionCookie(cookies), tampering).toBeUndefined();
    }
  });

  it('may be that the person did not want to', async () => {
    const cookies: Cookies = new Map();
    const location = await goToProvider(cookies);
    const back = `${callbackUrl()}?error=access_denied&state=${new URL(location).searchParams.get('state')}`;
    expect((await open(back, cookies)).headers.get('location')).toBe(refused);
  });

  it('leads nowhere else, whatever is in the address', async () => {
    const cookies: Cookies = new Map();
    const elsewhere = '&return_to=https://evil.example&redirect=//evil.example&next=//evil.example';
    expect((await open(`${signInUrl()}?${elsewhere}`, cookies)).headers.get('location')).toContain(provider.issuer);
    const back = await comeBack('bo', cookies);
    expect((await open(back + elsewhere, cookies)).headers.get('location')).toBe('/');
    expect((await open(`${callbackUrl()}?${elsewhere}`, new Map())).headers.get('location')).toBe(refused);
  });

  it('is kept by no cookie longer than the sign-in, and the cookie is for these paths alone', async () => {
    const response = await fetch(signInUrl(), { redirect: 'manual' });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^cloister_identity_provider=step_[\w-]{43}; Max-Age=600; Path=\/api\/v1\/identity-providers; HttpOnly; SameSite=Lax$/,
    );
  });
});

it('signs in in a real browser, to which the provider is another site', async () => {
  const browser = await startBrowser();
  try {
    const { page } = browser;
    await page.goto(`${deployment.url}/sign-in`);
    await page.getByRole('link', { name: 'Sign in with Hospital ID' }).click();
    await page.locator('input[name=login]').fill('bo');
    await page.locator('input[name=password]').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    expect(page.url()).toBe(`${deployment.url}/projects`);
    await page.reload();
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    const cookies = await browser.context.cookies();
    expect(cookies.find(({ name }) => name === 'cloister_session')).toMatchObject({
      httpOnly: true,
      sameSite: 'Strict',
    });
    expect(cookies.map(({ name }) => name)).not.toContain('cloister_identity_provider');
  } finally {
    await browser.remove();
  }
});

it('says so when the provider goes away in between, and no log holds what it had sent', async () => {
  const cookies: Cookies = new Map();
  const back = await comeBack('bo', cookies);
  await provider.stop();
  expect((await open(back, cookies)).headers.get('location')).toBe('/sign-in#error=failed');
  expect((await open(signInUrl(), new Map())).status).toBe(303);
  const folderOfLogs = join(deployment.dataDirectory, 'logs');
  const logs = readdirSync(folderOfLogs)
    .map((name) => readFileSync(join(folderOfLogs, name), 'utf8'))
    .join('');
  expect(logs).toContain('a sign-in at an identity provider failed');
  expect(logs).toContain('identity-provider-unavailable');
  const { searchParams } = new URL(back);
  for (const secret of [searchParams.get('code'), searchParams.get('state'), CLIENT.secret, 'bo@example.org'])
    expect(logs).not.toContain(secret);
});

function cookieHeader(cookies: Cookies): Record<string, string> {
  const own = cookies.get(deployment.url) ?? new Map<string, string>();
  return { cookie: [...own].map(([name, value]) => `${name}=${value}`).join('; ') };
}
