/** How people come, go and are told apart, over HTTP and the command line of a real server with two accounts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  account,
  createdAccount,
  createdLink,
  invitationList,
  linkPurpose,
  loginSessionList,
  person,
  personList,
  problem,
  profile,
  signInResult,
} from '../../contract/app/index.ts';
import {
  type Caller,
  invite,
  must,
  nobody,
  type Reply,
  send,
  signInAs,
  withApiKey,
  withCookie,
} from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

const PASSWORD = 'correct horse battery staple';
const OTHER_PASSWORD = 'another horse another battery';

let deployment: Deployment;
let url: string;
let ada: Caller;
let lin: Caller;

beforeAll(async () => {
  deployment = await startDeployment();
  ({ url } = deployment);
  ada = await signInAs(url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  const made = await cloister(
    createdAccount,
    'account',
    'create',
    '--name',
    'Laboratory',
    '--owner-email',
    'lin@lab.example',
  );
  lin = await accept(made.invitation.link, 'Lin');
});
afterAll(() => deployment?.remove());

const page = () => ({ headers: { origin: url, 'sec-fetch-site': 'same-origin' } });
const ask = (caller: Caller, method: string, path: string, body?: object) =>
  send(url, caller, method, `/api/v1${path}`, body);
const get = async <T>(schema: z.ZodType<T>, caller: Caller, path: string): Promise<T> =>
  schema.parse(await must(url, caller, 'GET', `/api/v1${path}`));
const tokenOf = (link: string) => new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';
const sendLink = (use: string, body: object) => ask(page(), 'POST', `/links/${use}`, body);

async function cloister<T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await deployment.cloister(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return schema.parse(JSON.parse(stdout));
}

async function accept(link: string, name: string): Promise<Caller> {
  const reply = await sendLink('accept-invitation', { token: tokenOf(link), name, password: PASSWORD });
  expect(signInResult.parse(JSON.parse(reply.text))).toMatchObject({ state: 'signed-in', session: { user: { name } } });
  return withCookie(url, reply.headers.get('set-cookie')?.split(';')[0] ?? '');
}

function told({ status, text }: Reply): unknown[] {
  const { code, reason } = problem.parse(JSON.parse(text));
  return [status, code, ...(reason === undefined ? [] : [reason])];
}

async function idOf(caller: Caller): Promise<string> {
  return (await get(profile, caller, '/profile')).id;
}

describe('somebody who is invited', () => {
  it('looks at the link, joins by it once, and is in the list', async () => {
    const invited = await ask(ada, 'POST', '/invitations', { email: 'Bo@Example.org', role: 'administrator' });
    expect(invited.status).toBe(201);
    const { link, wasSent } = createdLink.parse(JSON.parse(invited.text));
    expect(wasSent).toBe(false);
    expect(link.startsWith(`${url}/invitation#token=invite_`)).toBe(true);
    const looked = await sendLink('look', { token: tokenOf(link) });
    expect(linkPurpose.parse(JSON.parse(looked.text))).toMatchObject({
      purpose: 'invitation',
      email: 'bo@example.org',
      role: 'administrator',
    });
    const bo = await accept(link, 'Bo');
    expect(await get(profile, bo, '/profile')).toMatchObject({ name: 'Bo', role: 'administrator', hasPassword: true });
    const { items } = await get(personList, bo, '/people');
    expect(items.map(({ email }) => email)).toContain('bo@example.org');
    expect((await get(invitationList, ada, '/invitations')).items).toEqual([]);
    for (const use of ['look', 'accept-invitation', 'reset-password']) {
      const body = { token: tokenOf(link), ...(use === 'look' ? {} : { password: PASSWORD }) };
      const reply = await sendLink(use, use === 'accept-invitation' ? { ...body, name: 'Eve' } : body);
      expect(told(reply)).toEqual([403, 'permission-denied', 'link-not-valid']);
    }
  });

  it('uses it from a page of this very site only, and with a small body', async () => {
    const token = 'invite_x';
    expect(told(await ask({ headers: { 'sec-fetch-site': 'cross-site' } }, 'POST', '/links/look', { token }))).toEqual([
      403,
      'permission-denied',
      'cross-site',
    ]);
    expect(told(await ask(nobody, 'POST', '/links/look', { token }))).toEqual([403, 'permission-denied', 'cross-site']);
    const large = await sendLink('look', { token, padding: 'x'.repeat(20_000) });
    expect(problem.parse(JSON.parse(large.text)).detail).toContain('too large');
  });
});

describe('those who manage people', () => {
  it('suspend, resume, sign out, and remove, each at once', async () => {
    const cy = await invite(url, ada, { email: 'cy@example.org', role: 'member', password: PASSWORD });
    const id = await idOf(cy);
    const changed = await ask(ada, 'PATCH', `/people/${id}`, { isSuspended: true });
    expect(person.parse(JSON.parse(changed.text))).toMatchObject({ id, isSuspended: true });
    expect(told(await ask(cy, 'GET', '/profile'))).toEqual([401, 'unauthenticated', 'session-expired']);
    await must(url, ada, 'PATCH', `/api/v1/people/${id}`, { isSuspended: false });
    const again = await signInAs(url, 'cy@example.org', PASSWORD);
    expect((await ask(ada, 'DELETE', `/people/${id}/sessions`)).status).toBe(204);
    expect(told(await ask(again, 'GET', '/profile'))).toEqual([401, 'unauthenticated', 'session-expired']);
    expect((await ask(ada, 'POST', `/people/${id}/second-factor-reset`)).status).toBe(204);
    expect((await ask(ada, 'DELETE', `/people/${id}`)).status).toBe(204);
    expect(told(await ask(ada, 'DELETE', `/people/${id}`))).toEqual([404, 'not-found', 'person-not-found']);
  });

  it('make a link by which somebody sets a new password', async () => {
    const di = await invite(url, ada, { email: 'di@example.org', role: 'member', password: PASSWORD });
    const made = await ask(ada, 'POST', `/people/${await idOf(di)}/password-reset`);
    expect(made.status).toBe(201);
    const { link } = createdLink.parse(JSON.parse(made.text));
    expect(link.startsWith(`${url}/password-reset#token=reset_`)).toBe(true);
    const reset = { token: tokenOf(link), password: OTHER_PASSWORD };
    expect((await sendLink('reset-password', reset)).status).toBe(204);
    expect(told(await sendLink('reset-password', reset))).toEqual([403, 'permission-denied', 'link-not-valid']);
    expect(told(await ask(di, 'GET', '/profile'))).toEqual([401, 'unauthenticated', 'session-expired']);
    const signIn = (password: string) => ask(page(), 'POST', '/session', { email: 'di@example.org', password });
    expect((await signIn(PASSWORD)).status).toBe(401);
    expect((await signIn(OTHER_PASSWORD)).status).toBe(200);
  });

  it('reset no sign-in with an API key, and their own on the server alone', async () => {
    const hal = await invite(url, ada, { email: 'hal@example.org', role: 'member', password: PASSWORD });
    const made = await must<{ key: string }>(url, ada, 'POST', '/api/v1/api-keys', { name: 'scripts' });
    const [ofAda, ofHal] = [await idOf(ada), await idOf(hal)];
    for (const reset of ['password-reset', 'second-factor-reset']) {
      for (const id of [ofAda, ofHal]) {
        const byKey = await ask(withApiKey(made.key), 'POST', `/people/${id}/${reset}`);
        expect(told(byKey)).toEqual([403, 'permission-denied', 'login-session-needed']);
      }
      expect(told(await ask(ada, 'POST', `/people/${ofAda}/${reset}`))).toEqual([
        409,
        'failed-precondition',
        'own-sign-in',
      ]);
    }
    await cloister(createdLink, 'people', 'reset-password', ADMINISTRATOR.email);
    await cloister(z.object({ reset: z.uuid() }), 'people', 'reset-second-factor', ADMINISTRATOR.email);
  });

  it('make no link that outlives what they may do', async () => {
    const ike = await invite(url, ada, { email: 'ike@example.org', role: 'administrator', password: PASSWORD });
    const jo = await invite(url, ada, { email: 'jo@example.org', role: 'member', password: PASSWORD });
    const links = [
      await must<{ link: string }>(url, ike, 'POST', `/api/v1/people/${await idOf(jo)}/password-reset`),
      await must<{ link: string }>(url, ike, 'POST', '/api/v1/invitations', { email: 'kit@example.org' }),
    ];
    const [toReset, toJoin] = links.map(({ link }) => tokenOf(link));
    await must(url, ada, 'PATCH', `/api/v1/people/${await idOf(jo)}`, { role: 'owner' });
    const reset = await sendLink('reset-password', { token: toReset, password: OTHER_PASSWORD });
    expect(told(reset)).toEqual([403, 'permission-denied', 'link-not-valid']);
    await must(url, ada, 'PATCH', `/api/v1/people/${await idOf(ike)}`, { role: 'member' });
    const accepted = await sendLink('accept-invitation', { token: toJoin, name: 'Kit', password: PASSWORD });
    expect(told(accepted)).toEqual([403, 'permission-denied', 'link-not-valid']);
    expect((await get(profile, jo, '/profile')).role).toBe('owner');
  });

  it('work at the command line of the server too, by e-mail address', async () => {
    const { link } = await cloister(createdLink, 'people', 'invite', 'ed@example.org');
    const ed = await accept(link, 'Ed');
    await cloister(person, 'people', 'suspend', 'ed@example.org');
    expect((await ask(ed, 'GET', '/profile')).status).toBe(401);
    await cloister(person, 'people', 'resume', 'ed@example.org');
    await cloister(createdLink, 'people', 'reset-password', 'ed@example.org');
    await cloister(z.object({ reset: z.uuid() }), 'people', 'reset-second-factor', 'ed@example.org');
    await cloister(z.object({ removed: z.uuid() }), 'people', 'remove', 'ed@example.org');
    const { items } = await cloister(personList, 'people', 'list');
    expect(items.map(({ email }) => email)).not.toContain('ed@example.org');
  });
});

describe('oneself', () => {
  it('takes another name and password, and sees and ends the sessions', async () => {
    await invite(url, ada, { email: 'fay@example.org', role: 'member', password: PASSWORD });
    const [here, there] = [
      await signInAs(url, 'fay@example.org', PASSWORD),
      await signInAs(url, 'fay@example.org', PASSWORD),
    ];
    expect(await must(url, here, 'PATCH', '/api/v1/profile', { name: 'Fay' })).toMatchObject({ name: 'Fay' });
    const { items } = await get(loginSessionList, here, '/profile/sessions');
    expect(items.map(({ isCurrent }) => isCurrent).filter(Boolean)).toHaveLength(1);
    expect(items).toHaveLength(3);
    const wrong = { currentPassword: OTHER_PASSWORD, newPassword: OTHER_PASSWORD };
    expect(told(await ask(here, 'POST', '/profile/password', wrong))).toEqual([
      400,
      'invalid-argument',
      'password-refused',
    ]);
    const right = { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD };
    expect((await ask(here, 'POST', '/profile/password', right)).status).toBe(204);
    expect((await ask(there, 'GET', '/profile')).status).toBe(401);
    const left = (await get(loginSessionList, here, '/profile/sessions')).items;
    expect(left).toMatchObject([{ isCurrent: true, method: 'password', hasSecondFactor: false }]);
    expect((await ask(here, 'DELETE', `/profile/sessions/${left[0]?.id}`)).status).toBe(204);
    expect((await ask(here, 'GET', '/profile')).status).toBe(401);
  });
});

describe('two accounts', () => {
  it('have people, invitations and a name each, and see nothing of the other one', async () => {
    await must(url, lin, 'POST', '/api/v1/invitations', { email: 'kim@lab.example', role: 'member' });
    await must(url, ada, 'POST', '/api/v1/invitations', { email: 'gus@example.org', role: 'member' });
    const paths = ['/people', '/invitations', '/account', '/profile', '/profile/sessions'];
    const seen = async (caller: Caller) =>
      (await Promise.all(paths.map((path) => ask(caller, 'GET', path)))).map(({ text }) => text).join('\n');
    const [ofAda, ofLin] = [await seen(ada), await seen(lin)];
    const [adasId, linsId] = [await idOf(ada), await idOf(lin)];
    const linsAccount = await get(account, lin, '/account');
    for (const word of ['Laboratory', 'lab.example', 'Lin', linsId, linsAccount.id]) expect(ofAda).not.toContain(word);
    for (const word of ['Main account', 'example.org', adasId]) expect(ofLin).not.toContain(word);
    expect(ofLin).toContain('kim@lab.example');
    expect(ofAda).toContain('gus@example.org');
  });

  it('answer for people of the other one as for nobody', async () => {
    const strange = '00000000-0000-4000-8000-000000000000';
    const invitations = (await get(invitationList, lin, '/invitations')).items;
    const ofLin = await idOf(lin);
    const requests: [string, (id: string) => string, object?][] = [
      ['PATCH', (id) => `/people/${id}`, { role: 'member' }],
      ['DELETE', (id) => `/people/${id}`],
      ['DELETE', (id) => `/people/${id}/sessions`],
      ['POST', (id) => `/people/${id}/password-reset`],
      ['POST', (id) => `/people/${id}/second-factor-reset`],
      ['DELETE', (id) => `/invitations/${id}`],
    ];
    for (const [method, path, body] of requests) {
      const foreign = path('').startsWith('/invitations') ? (invitations[0]?.id ?? '') : ofLin;
      const answers = [];
      for (const id of [foreign, strange]) {
        const { status, text } = await ask(ada, method, path(id), body);
        const { trace: _, ...rest } = problem.parse(JSON.parse(text));
        answers.push([status, JSON.stringify(rest).replaceAll(id, 'ID')]);
      }
      expect(answers[0], `${method} ${path('ID')}`).toEqual(answers[1]);
      expect(answers[0]?.[0]).toBe(404);
    }
    expect((await get(invitationList, lin, '/invitations')).items).toEqual(invitations);
    await get(profile, lin, '/profile');
  });

  it('get their first owner by another link when the first one was of no use, and none once somebody is in', async () => {
    const create = ['account', 'create', '--name', 'Archive', '--owner-email', 'mxa@archive.example'];
    const made = await cloister(createdAccount, ...create);
    const inviteOwner = ['account', 'invite-owner', made.account.id, '--email', 'max@archive.example'];
    const { link } = await cloister(createdLink, ...inviteOwner);
    const mistyped = { token: tokenOf(made.invitation.link), name: 'Eve', password: PASSWORD };
    expect(told(await sendLink('accept-invitation', mistyped))).toEqual([403, 'permission-denied', 'link-not-valid']);
    const max = await accept(link, 'Max');
    expect(await get(profile, max, '/profile')).toMatchObject({ email: 'max@archive.example', role: 'owner' });
    const again = await deployment.cloister(...inviteOwner);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('Its owners invite others.')]);
  });

  it('are made and listed at the command line alone', async () => {
    const list = await deployment.cloister('account', 'list');
    expect(list.stdout).toContain('Laboratory');
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { name: 'Mine', ownerEmail: 'me@example.org' } : undefined;
      for (const caller of [ada, lin, nobody]) expect((await ask(caller, method, '/accounts', body)).status).toBe(404);
    }
    const invitations = `/accounts/${(await get(account, lin, '/account')).id}/invitations`;
    for (const caller of [ada, lin, nobody])
      expect((await ask(caller, 'POST', invitations, { ownerEmail: 'me@example.org' })).status).toBe(404);
    expect((await ask(lin, 'PATCH', '/account', { name: 'Laboratory of Lin' })).status).toBe(200);
  });
});
