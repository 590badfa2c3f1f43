import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, newId, Secret } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import type { LoginSession } from './credentials/login-sessions.ts';
import type { IdentityService } from './identity-service.ts';
import type { SignIn } from './sign-in/password-sign-in.ts';
import { createMemoryIdentity, type MemoryIdentity } from './testing.ts';

const PASSWORD = 'correct horse battery staple';
const EMAIL = 'ada@example.org';
const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };

let clock: ManualClock;
let service: IdentityService;
let identity: MemoryIdentity;
let authorize: MemoryIdentity['authorize'];

beforeEach(() => {
  clock = manualClock();
  identity = createMemoryIdentity(clock);
  ({ service, authorize } = identity);
});

const administrator = () => ({ accountName: 'Hospital', name: 'Ada', email: EMAIL, password: new Secret(PASSWORD) });
const tryToSignIn = (password = PASSWORD, email = EMAIL, address = ORIGIN.address): Promise<SignIn> =>
  service.signIn({ email, password: new Secret(password), origin: { ...ORIGIN, address } });

async function signIn(...credentials: Parameters<typeof tryToSignIn>): Promise<LoginSession> {
  const outcome = await tryToSignIn(...credentials);
  if (outcome.state !== 'signed-in') throw new Error(`the sign-in came to ${outcome.state}`);
  return outcome.session;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isAppError(error)
    ? `${error.code}${error.details.reason ? ` ${error.details.reason}` : ''}`
    : `not refused: ${String(error)}`;
}

describe('set-up', () => {
  it('works once, with the token that was printed last', async () => {
    const older = new Secret((await service.newSetupToken()) ?? '');
    const token = new Secret((await service.newSetupToken()) ?? '');
    expect(await codeOf(service.setUp({ ...administrator(), token: older }, ORIGIN))).toBe(
      'permission-denied set-up-link-not-valid',
    );
    const { actor } = await service.setUp({ ...administrator(), token }, ORIGIN);
    expect(await service.getProfile(actor)).toMatchObject({ user: { email: EMAIL }, account: { name: 'Hospital' } });
    expect(await codeOf(service.setUp({ ...administrator(), token }, ORIGIN))).toBe(
      'permission-denied set-up-link-not-valid',
    );
    expect(await service.newSetupToken()).toBeUndefined();
  });

  it('refuses a token that is a day old, and one while none was printed', async () => {
    expect(await codeOf(service.setUp({ ...administrator(), token: new Secret('') }, ORIGIN))).toContain(
      'permission-denied',
    );
    const token = new Secret((await service.newSetupToken()) ?? '');
    clock.advance(25 * 60 * 60 * 1000);
    expect(await codeOf(service.setUp({ ...administrator(), token }, ORIGIN))).toContain('permission-denied');
  });

  it('from settings does nothing when it was done before', async () => {
    await service.setUpUnattended(administrator());
    await service.setUpUnattended({ ...administrator(), email: 'eve@example.org' });
    expect(await codeOf(signIn(PASSWORD, 'eve@example.org'))).toBe('unauthenticated sign-in-refused');
    expect((await service.administratorActor()).via).toBe('control-socket');
  });

  it('refuses a short password and changes nothing', async () => {
    expect(await codeOf(service.setUpUnattended({ ...administrator(), password: new Secret('short') }))).toBe(
      'invalid-argument',
    );
    expect(await service.isSetUp()).toBe(false);
  });
});

describe('signing in', () => {
  beforeEach(() => service.setUpUnattended(administrator()));

  it('takes the address in any case, and gives a new token each time', async () => {
    const first = await signIn();
    const second = await signIn(PASSWORD, ' ADA@Example.org');
    expect(first.token.expose()).not.toBe(second.token.expose());
    const { accountId, userId, credentialId } = first.actor;
    expect(await service.actorOfSession(first.token)).toEqual({
      accountId,
      userId,
      credentialId,
      via: 'login-session',
      accountRole: 'owner',
    });
  });

  it('refuses a wrong password and an unknown address with the same error', async () => {
    const refusals = await Promise.all(
      [signIn('wrong password!'), signIn(PASSWORD, 'nobody@example.org')].map((promise) =>
        promise.catch((error) => error),
      ),
    );
    expect(refusals[0]).toMatchObject({ code: 'unauthenticated', message: refusals[1].message });
  });

  it('records refusals for whoever has the address, and for nobody else', async () => {
    await codeOf(tryToSignIn('wrong password!'));
    await codeOf(tryToSignIn(PASSWORD, 'nobody@example.org'));
    const { accountId, userId } = await service.administratorActor();
    await expect
      .poll(() => identity.audit.events.filter(({ outcome }) => outcome === 'failure'))
      .toMatchObject([{ action: 'login-session.begin', actor: { accountId, userId, address: ORIGIN.address } }]);
  });

  it('asks which account when the password opens several, and opens the one that is named', async () => {
    const ada = await service.administratorActor();
    const { accounts, people } = identity;
    clock.advance(1000);
    const made = await accounts.create(ada, { name: 'Laboratory', ownerEmail: EMAIL });
    const token = new Secret(new URL(made.invitation.link.expose()).hash.replace('#token=', ''));
    await people.acceptInvitation(token, { name: 'Ada', password: new Secret(PASSWORD) }, ORIGIN);
    const outcome = await tryToSignIn();
    expect(outcome).toMatchObject({
      state: 'account-choice',
      accounts: [{ name: 'Hospital' }, { name: 'Laboratory' }],
    });
    const request = { email: EMAIL, password: new Secret(PASSWORD), origin: ORIGIN };
    expect(await service.signIn({ ...request, accountId: made.account.id })).toMatchObject({
      state: 'signed-in',
      session: { actor: { accountId: made.account.id } },
    });
    expect(await codeOf(service.signIn({ ...request, accountId: newId() }))).toBe('unauthenticated sign-in-refused');
  });

  it('slows guesses down, and lets the right password in after the wait', async () => {
    for (let guess = 0; guess < 6; guess += 1)
      expect(await codeOf(signIn('wrong password!'))).toBe('unauthenticated sign-in-refused');
    const refused = await signIn().catch((error) => error);
    expect(refused).toMatchObject({ code: 'resource-exhausted', details: { retryAfterSeconds: 1 } });
    clock.advance(1001);
    await signIn();
    await signIn();
  });

  it('counts guesses that run at the same time', async () => {
    const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(signIn('wrong password!'))));
    expect(codes.filter((code) => code.startsWith('resource-exhausted')).length).toBeGreaterThanOrEqual(6);
  });

  it('does not lock a person out everywhere because of guesses from one place', async () => {
    for (let guess = 0; guess < 7; guess += 1) await codeOf(signIn('wrong password!', EMAIL, '203.0.113.9'));
    await signIn(PASSWORD, EMAIL, '192.0.2.77');
  });

  it('ends a session after 12 idle hours, after 7 days in any case, and at sign-out', async () => {
    const { token } = await signIn();
    for (let day = 0; day < 13; day += 1) {
      clock.advance(11 * 60 * 60 * 1000);
      await service.actorOfSession(token);
    }
    clock.advance(26 * 60 * 60 * 1000);
    expect(await codeOf(service.actorOfSession(token))).toBe('unauthenticated session-expired');

    const idle = await signIn();
    clock.advance(12 * 60 * 60 * 1000);
    expect(await codeOf(service.actorOfSession(idle.token))).toBe('unauthenticated session-expired');

    const signedOut = await signIn();
    await service.signOut(signedOut.token);
    expect(await codeOf(service.actorOfSession(signedOut.token))).toBe('unauthenticated session-expired');
  });
});

describe('what a page asks by itself', () => {
  const HOUR_MS = 60 * 60 * 1000;
  beforeEach(() => service.setUpUnattended(administrator()));

  it('does not put the idle end off, however often it asks', async () => {
    const { token } = await signIn();
    const { expiresAt } = await service.sessionEnds(token);
    for (let hour = 1; hour < 12; hour += 1) {
      clock.advance(HOUR_MS);
      await service.actorOfSession(token, false);
      expect(await service.sessionEnds(token)).toMatchObject({ expiresAt });
    }
    clock.advance(HOUR_MS);
    expect(await codeOf(service.actorOfSession(token, false))).toBe('unauthenticated session-expired');
  });

  it('tells the end that a use puts off, and the one that nothing does', async () => {
    const { token } = await signIn();
    const [begun, { latestEndAt }] = [clock.now().getTime(), await service.sessionEnds(token)];
    expect(latestEndAt).toEqual(new Date(begun + 7 * 24 * HOUR_MS));
    clock.advance(11 * HOUR_MS);
    await service.actorOfSession(token);
    expect(await service.sessionEnds(token)).toEqual({ expiresAt: new Date(begun + 23 * HOUR_MS), latestEndAt });
    for (let use = 0; use < 14; use += 1) {
      clock.advance(11 * HOUR_MS);
      await service.actorOfSession(token);
    }
    expect(await service.sessionEnds(token)).toEqual({ expiresAt: latestEndAt, latestEndAt });
  });
});

describe('API keys and access tokens', () => {
  let ada: Actor;
  beforeEach(async () => {
    await service.setUpUnattended(administrator());
    ada = (await signIn()).actor;
  });
  const adaBy = ({ id }: { id: string }) => ({
    accountId: ada.accountId,
    userId: ada.userId,
    accountRole: 'owner',
    credentialId: id,
  });

  it('are shown once and then known by their beginning', async () => {
    const { apiKey, key } = await service.createApiKey(ada, { name: 'scripts' });
    expect(key.expose()).toMatch(/^cl_[\w-]{43}$/);
    expect(key.expose().startsWith(apiKey.prefix)).toBe(true);
    expect(JSON.stringify(await service.listApiKeys(ada))).not.toContain(key.expose());
    expect(await service.actorOfApiKey(key)).toEqual({ ...adaBy(apiKey), via: 'api-key' });
  });

  it('stop working at once when the key is deleted, its tokens too', async () => {
    const { apiKey, key } = await service.createApiKey(ada, { name: 'scripts' });
    const { accessToken, expiresInSeconds } = await service.issueAccessToken(key);
    expect(expiresInSeconds).toBe(3600);
    expect(await service.actorOfAccessToken(accessToken)).toEqual({ ...adaBy(apiKey), via: 'access-token' });
    await service.deleteApiKey(ada, apiKey.id);
    expect(await codeOf(service.actorOfApiKey(key))).toBe('unauthenticated api-key-not-valid');
    expect(await codeOf(service.actorOfAccessToken(accessToken))).toBe('unauthenticated access-token-not-valid');
    expect(await codeOf(service.deleteApiKey(ada, apiKey.id))).toContain('not-found');
    expect(await codeOf(service.deleteApiKey(ada, 'not an id'))).toContain('not-found');
  });

  it('expire after an hour', async () => {
    const { key } = await service.createApiKey(ada, { name: 'scripts' });
    const { accessToken } = await service.issueAccessToken(key);
    clock.advance(3601 * 1000);
    expect(await codeOf(service.actorOfAccessToken(accessToken))).toBe('unauthenticated access-token-expired');
  });

  it('are refused when somebody changed a byte, signed with another key, or named another algorithm', async () => {
    const { key } = await service.createApiKey(ada, { name: 'scripts' });
    const token = (await service.issueAccessToken(key)).accessToken.expose();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const publicJwk = JSON.stringify((await identity.credentials.listSigningKeys('access-token'))[0]?.publicJwk);
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(publicJwk));
    const other = Buffer.from(JSON.stringify({ ...claims, sub: newId() })).toString('base64url');
    for (const forged of [
      `${none}.${payload}.`,
      confused,
      `${header}.${other}.${signature}`,
      `${header}.${payload}.AAAA`,
      'x',
      '',
    ]) {
      expect(await codeOf(service.actorOfAccessToken(new Secret(forged))), forged.slice(0, 20)).toBe(
        'unauthenticated access-token-not-valid',
      );
    }
  });
});

describe('authorisation', () => {
  let ada: Actor;
  beforeEach(async () => {
    await service.setUpUnattended(administrator());
    ada = (await signIn()).actor;
  });

  it('answers for a foreign, an unknown and a malformed project in the same way', async () => {
    const foreign = newId();
    identity.access.setProjectAccess({ accountId: newId(), userId: newId() }, foreign, { role: 'admin' });
    const errors = await Promise.all(
      [foreign, newId(), 'x'].map((projectId) =>
        authorize(ada, { action: 'see-project', projectId }).catch((error) => [
          error.code,
          error.message.replace(projectId, 'ID'),
        ]),
      ),
    );
    expect(new Set(errors.map(String)).size).toBe(1);
    expect(errors[0]?.[0]).toBe('not-found');
  });

  it('lets a Viewer see that assets exist, and open or run nothing', async () => {
    const projectId = newId();
    identity.access.setProjectAccess(ada, projectId, { role: 'viewer' });
    await authorize(ada, { action: 'list-assets', projectId });
    for (const action of ['open-asset', 'write-asset', 'run-prompt', 'change-project', 'delete-project'] as const) {
      expect(await codeOf(authorize(ada, { action, projectId })), action).toBe('permission-denied');
    }
  });

  it('keeps an Editor from changing the project, and gives an Admin everything', async () => {
    const projectId = newId();
    identity.access.setProjectAccess(ada, projectId, { role: 'editor' });
    await authorize(ada, { action: 'open-asset', projectId });
    expect(await codeOf(authorize(ada, { action: 'delete-project', projectId }))).toBe('permission-denied');
    identity.access.setProjectAccess(ada, projectId, { role: 'admin' });
    await authorize(ada, { action: 'delete-project', projectId });
  });
});
