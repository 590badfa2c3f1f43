/** Two real servers on one database: what is revoked on one is refused by the other at the next request. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, invite, must, nobody, send, signInAs, withApiKey } from '../support/callers.ts';
import { ADMINISTRATOR } from '../support/deployment.ts';
import { type Replicas, startReplicas } from '../support/replicas.ts';

const PASSWORD = 'correct horse battery staple';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let replicas: Replicas;
let one: string;
let other: string;
let ada: Caller;
let projectId: string;
let count = 0;

beforeAll(async () => {
  replicas = await startReplicas();
  [one, other] = [replicas.one.url, replicas.other.url];
  ada = await signInAs(one, ADMINISTRATOR.email, ADMINISTRATOR.password);
  projectId = (await must<{ id: string }>(one, ada, 'POST', '/api/v1/projects', { name: 'Contracts' })).id;
});
afterAll(() => replicas?.close());

/** Somebody new in the account, with a login session, an API key and an access token of it, all of which both servers take. */
async function addPerson(role = 'member') {
  count += 1;
  const email = `person-${count}@example.org`;
  const session = await invite(one, ada, { email, role, password: PASSWORD });
  const profile = await must<{ user: { id: string } }>(one, session, 'GET', '/api/v1/session');
  const made = await must<{ id: string; key: string }>(one, session, 'POST', '/api/v1/api-keys', { name: 'scripts' });
  const person = {
    id: profile.user.id,
    email,
    session,
    apiKeyId: made.id,
    apiKey: withApiKey(made.key),
    token: withApiKey(await tokenFor(one, made.key)),
  };
  await expectTaken(person);
  return person;
}

type Person = Awaited<ReturnType<typeof addPerson>>;
type Credential = 'session' | 'apiKey' | 'token';
const ALL: readonly Credential[] = ['session', 'apiKey', 'token'];

async function tokenFor(url: string, key: string): Promise<string> {
  const grant = `grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=${key}`;
  return (await must<{ access_token: string }>(url, nobody, 'POST', '/identity/token', grant, FORM)).access_token;
}

/** The status of a request that every valid credential may make. */
async function statusAt(url: string, caller: Caller): Promise<number> {
  return (await send(url, caller, 'GET', '/api/v1/models')).status;
}

async function expectTaken(person: Person, credentials = ALL): Promise<void> {
  for (const url of [one, other])
    for (const name of credentials) expect(await statusAt(url, person[name]), name).toBe(200);
}

async function expectRefused(person: Person, credentials = ALL): Promise<void> {
  for (const url of [other, one])
    for (const name of credentials) expect(await statusAt(url, person[name]), name).toBe(401);
}

describe('what is revoked on one server is refused by the other at the next request', () => {
  let person: Person;
  beforeEach(async () => {
    person = await addPerson();
  });

  it('an API key that is deleted, with its tokens', async () => {
    await must(one, person.session, 'DELETE', `/api/v1/api-keys/${person.apiKeyId}`);
    await expectRefused(person, ['apiKey', 'token']);
    await expectTaken(person, ['session']);
  });

  it('an API key that is rotated, with the tokens of its old secret', async () => {
    const path = `/api/v1/api-keys/${person.apiKeyId}/rotate`;
    const { key } = await must<{ key: string }>(one, person.session, 'POST', path);
    await expectRefused(person, ['apiKey', 'token']);
    expect(await statusAt(other, withApiKey(key))).toBe(200);
    expect(await statusAt(other, withApiKey(await tokenFor(other, key)))).toBe(200);
  });

  it('everything of somebody who is suspended, until they are not', async () => {
    await must(one, ada, 'PATCH', `/api/v1/people/${person.id}`, { isSuspended: true });
    await expectRefused(person);
    await must(one, ada, 'PATCH', `/api/v1/people/${person.id}`, { isSuspended: false });
    // The sessions ended: they sign in again.
    await expectTaken(person, ['apiKey', 'token']);
  });

  it('everything of somebody who is removed', async () => {
    await must(one, ada, 'DELETE', `/api/v1/people/${person.id}`);
    await expectRefused(person);
  });

  it('all sessions of somebody who is signed out everywhere', async () => {
    await must(one, ada, 'DELETE', `/api/v1/people/${person.id}/sessions`);
    await expectRefused(person, ['session']);
    await expectTaken(person, ['apiKey', 'token']);
  });

  it('a role in the account', async () => {
    const administrator = await addPerson('administrator');
    const may = async (credential: Credential) =>
      (await send(other, administrator[credential], 'GET', '/api/v1/service-ids')).status;
    for (const credential of ALL) expect(await may(credential)).toBe(200);
    await must(one, ada, 'PATCH', `/api/v1/people/${administrator.id}`, { role: 'member' });
    for (const credential of ALL) expect(await may(credential), credential).toBe(403);
  });

  it('a role in a project', async () => {
    const collaborator = `/api/v1/projects/${projectId}/collaborators/${person.id}`;
    const see = async (credential: Credential) =>
      (await send(other, person[credential], 'GET', `/api/v1/projects/${projectId}`)).status;
    await must(one, ada, 'PUT', collaborator, { role: 'editor' });
    for (const credential of ALL) expect(await see(credential)).toBe(200);
    await must(one, ada, 'DELETE', collaborator);
    for (const credential of ALL) expect(await see(credential), credential).toBe(404);
  });

  it('a service ID that is suspended, and its key that is deleted', async () => {
    const { id } = await must<{ id: string }>(one, ada, 'POST', '/api/v1/service-ids', { name: `Robot ${count}` });
    const keys = `/api/v1/service-ids/${id}/api-keys`;
    const made = await must<{ id: string; key: string }>(one, ada, 'POST', keys, { name: 'ci' });
    const robots = [withApiKey(made.key), withApiKey(await tokenFor(one, made.key))];
    for (const robot of robots) expect(await statusAt(other, robot)).toBe(200);
    await must(one, ada, 'PATCH', `/api/v1/service-ids/${id}`, { isSuspended: true });
    for (const robot of robots) expect(await statusAt(other, robot)).toBe(401);
    await must(one, ada, 'PATCH', `/api/v1/service-ids/${id}`, { isSuspended: false });
    for (const robot of robots) expect(await statusAt(other, robot)).toBe(200);
    await must(one, ada, 'DELETE', `${keys}/${made.id}`);
    for (const robot of robots) expect(await statusAt(other, robot)).toBe(401);
  });

  it('a token for a password, with the login session that it began', async () => {
    const ask = { username: person.email, password: PASSWORD };
    const { token } = await must<{ token: string }>(one, nobody, 'POST', '/icp4d-api/v1/authorize', ask);
    expect(await statusAt(other, withApiKey(token))).toBe(200);
    await must(one, person.session, 'DELETE', '/api/v1/profile/sessions');
    expect(await statusAt(other, withApiKey(token))).toBe(401);
    expect(await statusAt(other, person.session)).toBe(200);
  });
});

describe('the key of access tokens', () => {
  it('is one for both servers, and its rotation on one breaks no token of either', async () => {
    const person = await addPerson();
    const { key } = await must<{ key: string }>(one, person.session, 'POST', '/api/v1/api-keys', { name: 'more' });
    const tokens = [await tokenFor(one, key), await tokenFor(other, key)];
    const rotation = await replicas.one.cloister('keys', 'rotate-signing-key', '--json');
    expect(rotation.stderr).toBe('');
    const { id } = JSON.parse(rotation.stdout) as { id: string };
    tokens.push(await tokenFor(one, key), await tokenFor(other, key));
    const kidOf = (token = '') =>
      (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as { kid: string }).kid;
    expect(kidOf(tokens[0])).toBe(kidOf(tokens[1]));
    expect(kidOf(tokens[2])).toBe(id);
    for (const url of [one, other])
      for (const token of tokens) expect(await statusAt(url, withApiKey(token))).toBe(200);
    const published = await must<{ keys: { kid: string }[] }>(other, nobody, 'GET', '/identity/keys');
    expect(published.keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([kidOf(tokens[0]), id]));
  });
});
