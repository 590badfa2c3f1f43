import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, newId, Secret } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createMemoryIdentity, type MemoryIdentity } from '../testing.ts';
import type { WebAuthnJson } from './passkey-verifier.ts';
import { createSoftwareAuthenticator, type SoftwareAuthenticator } from './testing-authenticator.ts';

const PASSWORD = 'correct horse battery staple';
const EMAIL = 'ada@example.org';
const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };
const SITE = 'http://localhost:8080';

let clock: ManualClock;
let identity: MemoryIdentity;
let ada: Actor;
let device: SoftwareAuthenticator;

beforeEach(async () => {
  clock = manualClock();
  identity = createMemoryIdentity(clock);
  await identity.service.setUpUnattended({
    accountName: 'Hospital',
    name: 'Ada',
    email: EMAIL,
    password: new Secret(PASSWORD),
  });
  const signIn = await signInWithPassword();
  if (signIn.state !== 'signed-in') throw new Error(`the sign-in came to ${signIn.state}`);
  ada = signIn.session.actor;
  device = createSoftwareAuthenticator();
});

const signInWithPassword = () =>
  identity.service.signIn({ email: EMAIL, password: new Secret(PASSWORD), origin: ORIGIN });

async function register(authenticator = device, origin = SITE) {
  const { token, options } = await identity.signInWays.passkeys.beginRegistration(ada, SITE, undefined, ORIGIN);
  const response = authenticator.register(options, origin);
  return identity.signInWays.passkeys.register(ada, { stepToken: token, name: 'Laptop', response });
}

async function beginSecondFactor(): Promise<Secret> {
  const signIn = await signInWithPassword();
  if (signIn.state !== 'second-factor') throw new Error(`the sign-in came to ${signIn.state}`);
  expect(signIn.step.methods).toContain('passkey');
  return signIn.step.token;
}

/** Signs in with a passkey alone, or as second factor of a step. */
async function signInWith(
  answer: (options: WebAuthnJson) => WebAuthnJson = (options) => device.sign(options, SITE),
  secondFactor?: Secret,
) {
  const { passkeySignIn } = identity.signInWays;
  const { token, options } = await passkeySignIn.begin(
    SITE,
    ORIGIN,
    ...(secondFactor === undefined ? [] : [secondFactor]),
  );
  return passkeySignIn.complete(token, answer(options), ORIGIN);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isAppError(error) ? `${error.code} ${error.details.reason ?? ''}`.trim() : `not refused: ${String(error)}`;
}

describe('a passkey', () => {
  it('is made, listed and removed', async () => {
    const added = await register();
    const { passkeys, secondFactors } = identity.signInWays;
    expect(await passkeys.list(ada)).toEqual([added]);
    expect(added).toEqual({ id: added.id, name: 'Laptop', createdAt: clock.now(), lastUsedAt: null });
    const [stored] = await identity.secondFactors.listPasskeys(ada);
    expect(stored?.transports).toEqual(['internal']);
    expect((await secondFactors.state(ada)).passkeys).toBe(1);
    expect(await codeOf(passkeys.remove(ada, added.id, undefined, ORIGIN))).toBe('invalid-argument password-needed');
    await passkeys.remove(ada, added.id, new Secret(PASSWORD), ORIGIN);
    expect(await passkeys.list(ada)).toEqual([]);
    expect(await codeOf(passkeys.remove(ada, added.id, new Secret(PASSWORD), ORIGIN))).toBe(
      'not-found passkey-not-found',
    );
    expect(identity.audit.events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['passkey.add', 'passkey.remove']),
    );
  });

  it('is not made for a page at a numeric address, or without TLS from elsewhere, and the error says what to do', async () => {
    const { passkeys, passkeySignIn } = identity.signInWays;
    for (const site of ['http://127.0.0.1:8080', 'http://[::1]:8080', 'https://192.0.2.1', 'http://studio.example']) {
      const refused = await passkeys.beginRegistration(ada, site, undefined, ORIGIN).catch((error: unknown) => error);
      expect(refused, site).toMatchObject({
        code: 'failed-precondition',
        message: expect.stringContaining('http://localhost'),
      });
      expect(await codeOf(passkeySignIn.begin(site, ORIGIN)), site).toBe('failed-precondition passkey-needs-name');
    }
    await passkeys.beginRegistration(ada, 'https://studio.example', undefined, ORIGIN);
  });

  it('is not made from another page, with a step that was used, by somebody else, or of what is no response', async () => {
    expect(await codeOf(register(device, 'http://evil.localhost:8080'))).toBe('invalid-argument passkey-not-valid');
    const { passkeys } = identity.signInWays;
    const { token, options } = await passkeys.beginRegistration(ada, SITE, undefined, ORIGIN);
    const request = { stepToken: token, name: 'Laptop', response: device.register(options, SITE) };
    await passkeys.register(ada, request);
    expect(await codeOf(passkeys.register(ada, request))).toBe('unauthenticated sign-in-step-over');
    const own = await passkeys.beginRegistration(ada, SITE, undefined, ORIGIN);
    const stranger: Actor = { ...ada, userId: newId(), accountRole: 'member' };
    const response = createSoftwareAuthenticator().register(own.options, SITE);
    expect(await codeOf(passkeys.register(stranger, { stepToken: own.token, name: 'x', response }))).toBe(
      'invalid-argument passkey-not-valid',
    );
    for (const nonsense of [
      {},
      { id: 1 },
      { id: 'x', response: null },
      { id: 'x', response: { attestationObject: 'x' } },
    ]) {
      const step = await passkeys.beginRegistration(ada, SITE, undefined, ORIGIN);
      expect(
        await codeOf(passkeys.register(ada, { stepToken: step.token, name: 'x', response: nonsense })),
        JSON.stringify(nonsense),
      ).toBe('invalid-argument passkey-not-valid');
    }
  });

  it('is not made twice', async () => {
    await register();
    expect(await codeOf(register())).toBe('already-exists passkey-exists');
  });

  it('is not made by whoever found a browser open', async () => {
    clock.advance(16 * 60_000);
    const { passkeys } = identity.signInWays;
    expect(await codeOf(passkeys.beginRegistration(ada, SITE, undefined, ORIGIN))).toBe(
      'failed-precondition sign-in-anew',
    );
    await passkeys.beginRegistration(ada, SITE, new Secret(PASSWORD), ORIGIN);
  });

  it('is not made with an API key', async () => {
    const byKey: Actor = { ...ada, via: 'api-key' };
    expect(await codeOf(identity.signInWays.passkeys.beginRegistration(byKey, SITE, undefined, ORIGIN))).toBe(
      'permission-denied login-session-needed',
    );
  });
});

describe('signing in with a passkey alone', () => {
  beforeEach(() => register());

  it('begins a session of two factors', async () => {
    const { actor } = await signInWith();
    expect(actor).toMatchObject({ accountId: ada.accountId, userId: ada.userId });
    const newest = (await identity.service.listLoginSessions(actor)).find(({ isCurrent }) => isCurrent);
    expect(newest).toMatchObject({ method: 'passkey', hasSecondFactor: true });
    expect((await identity.signInWays.passkeys.list(ada))[0]?.lastUsedAt).toEqual(clock.now());
  });

  it('needs the device to have made sure who holds it, and to say whose passkey it is', async () => {
    expect(await codeOf(signInWith((options) => device.sign(options, SITE, { isVerified: false })))).toBe(
      'unauthenticated passkey-refused',
    );
    for (const userHandle of [null, Buffer.from(newId()).toString('base64url'), 'x']) {
      expect(
        await codeOf(signInWith((options) => device.sign(options, SITE, { userHandle }))),
        String(userHandle),
      ).toBe('unauthenticated passkey-refused');
    }
  });

  it('is refused from another page, for another name, for another challenge, and for a signature of another key', async () => {
    const stranger = createSoftwareAuthenticator();
    const answers: ((options: WebAuthnJson) => WebAuthnJson)[] = [
      (options) => device.sign(options, 'https://evil.example'),
      (options) => device.sign(options, SITE, { rpId: 'evil.example' }),
      (options) => device.sign({ ...options, challenge: 'AAAA' }, SITE),
      (options) => ({ ...stranger.sign(options, SITE), id: device.credentialId, rawId: device.credentialId }),
      (options) => stranger.sign(options, SITE),
      () => ({}),
      () => ({ id: device.credentialId }),
      () => ({ id: '../../x', response: { userHandle: 7 } }),
    ];
    for (const [index, answer] of answers.entries())
      expect(await codeOf(signInWith(answer)), String(index)).toBe('unauthenticated passkey-refused');
  });

  it('takes each challenge once, right or wrong, and for five minutes', async () => {
    const { passkeySignIn } = identity.signInWays;
    const { token, options } = await passkeySignIn.begin(SITE, ORIGIN);
    const response = device.sign(options, SITE);
    await passkeySignIn.complete(token, response, ORIGIN);
    expect(await codeOf(passkeySignIn.complete(token, response, ORIGIN))).toBe('unauthenticated sign-in-step-over');

    const wrong = await passkeySignIn.begin(SITE, ORIGIN);
    await codeOf(passkeySignIn.complete(wrong.token, {}, ORIGIN));
    expect(await codeOf(passkeySignIn.complete(wrong.token, device.sign(wrong.options, SITE), ORIGIN))).toBe(
      'unauthenticated sign-in-step-over',
    );

    const late = await passkeySignIn.begin(SITE, ORIGIN);
    clock.advance(5 * 60_000);
    expect(await codeOf(passkeySignIn.complete(late.token, device.sign(late.options, SITE), ORIGIN))).toBe(
      'unauthenticated sign-in-step-over',
    );
  });

  it('refuses a copy of the device, which has counted less', async () => {
    await signInWith((options) => device.sign(options, SITE, { counter: 7 }));
    for (const counter of [7, 6, 0]) {
      expect(await codeOf(signInWith((options) => device.sign(options, SITE, { counter }))), String(counter)).toBe(
        'unauthenticated passkey-refused',
      );
    }
    await signInWith((options) => device.sign(options, SITE, { counter: 8 }));
  });

  it('lets nobody in who is suspended', async () => {
    const owner = await identity.members.findMember(ada);
    if (owner) await identity.members.addMember(ada, { ...owner, id: newId(), email: 'bo@example.org' });
    await identity.members.changeMember({ accountId: ada.accountId }, ada.userId, { suspendedAt: clock.now() });
    expect(await codeOf(signInWith())).toBe('unauthenticated passkey-refused');
    expect(identity.audit.events.at(-1)).toMatchObject({
      action: 'login-session.begin',
      outcome: 'failure',
      details: { method: 'passkey' },
    });
  });
});

describe('a passkey after the password', () => {
  beforeEach(() => register());

  it('finishes the sign-in, also on a device without a PIN or a finger', async () => {
    const step = await beginSecondFactor();
    const { actor } = await signInWith(
      (options) => device.sign(options, SITE, { isVerified: false, userHandle: null }),
      step,
    );
    const newest = (await identity.service.listLoginSessions(actor)).find(({ isCurrent }) => isCurrent);
    expect(newest).toMatchObject({ method: 'password', hasSecondFactor: true });
    expect(await codeOf(signInWith(undefined, step))).toBe('unauthenticated sign-in-step-over');
  });

  it('must be one of the person who gave the password', async () => {
    const bo = newId();
    const owner = await identity.members.findMember(ada);
    if (owner) await identity.members.addMember(ada, { ...owner, id: bo, email: 'bo@example.org', role: 'member' });
    const step = await beginSecondFactor();
    const [own] = await identity.secondFactors.listPasskeys(ada);
    if (own === undefined) throw new Error('there is no passkey');
    await identity.secondFactors.deletePasskey(ada, own.id);
    await identity.secondFactors.addPasskey({ ...own, userId: bo });
    expect(await codeOf(signInWith((options) => device.sign(options, SITE, { userHandle: null }), step))).toBe(
      'unauthenticated passkey-refused',
    );
  });
});

it('one address asks for passkeys so often a minute, which keeps nobody back who has typed the password', async () => {
  const { passkeySignIn } = identity.signInWays;
  await register();
  const flood = Array.from({ length: 61 }, () => codeOf(passkeySignIn.begin(SITE, ORIGIN)));
  expect((await Promise.all(flood)).at(-1)).toBe('resource-exhausted too-many-requests');
  await passkeySignIn.begin(SITE, { ...ORIGIN, address: '203.0.113.9' });
  const step = await beginSecondFactor();
  const own = Array.from({ length: 61 }, () => codeOf(passkeySignIn.begin(SITE, ORIGIN, step)));
  expect((await Promise.all(own)).filter((code) => code.includes('too-many-requests'))).toHaveLength(1);
});
