import { TOTP } from 'otpauth';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, newId, Secret } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import type { Member } from '../members/member-store.ts';
import { createMemoryIdentity, type MemoryIdentity } from '../testing.ts';
import { hashRecoveryCode, newRecoveryCodes } from './second-factor-codes.ts';

const PASSWORD = 'correct horse battery staple';
const EMAIL = 'ada@example.org';
const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };
const PERIOD_MS = 30_000;

let clock: ManualClock;
let identity: MemoryIdentity;
let ada: Actor;

beforeEach(async () => {
  clock = manualClock();
  identity = createMemoryIdentity(clock);
  await identity.service.setUpUnattended({
    accountName: 'Hospital',
    name: 'Ada',
    email: EMAIL,
    password: new Secret(PASSWORD),
  });
  ada = await signInWithPassword();
});

async function signInWithPassword(): Promise<Actor> {
  const signIn = await identity.service.signIn({ email: EMAIL, password: new Secret(PASSWORD), origin: ORIGIN });
  if (signIn.state !== 'signed-in') throw new Error(`the sign-in came to ${signIn.state}`);
  return signIn.session.actor;
}

async function beginStep(): Promise<Secret> {
  const signIn = await identity.service.signIn({ email: EMAIL, password: new Secret(PASSWORD), origin: ORIGIN });
  if (signIn.state !== 'second-factor') throw new Error(`the sign-in came to ${signIn.state}`);
  return signIn.step.token;
}

/** The app shows the code of that many periods from now. */
type App = (periods?: number) => string;

async function enrol(): Promise<{ app: App; codes: readonly Secret[] }> {
  const { secondFactors } = identity.signInWays;
  const { secret } = await secondFactors.beginTotp(ada, undefined, ORIGIN);
  const totp = new TOTP({ secret: secret.expose() });
  const app: App = (periods = 0) => totp.generate({ timestamp: clock.now().getTime() + periods * PERIOD_MS });
  const codes = await secondFactors.confirmTotp(ada, app());
  clock.advance(PERIOD_MS);
  return { app, codes };
}

function complete(stepToken: Secret, code: string, method: 'totp' | 'recovery-code' = 'totp') {
  return identity.signInWays.secondFactorSignIn.complete({ stepToken, method, code, origin: ORIGIN });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isAppError(error) ? `${error.code} ${error.details.reason ?? ''}`.trim() : `not refused: ${String(error)}`;
}

const lastEvents = (count: number) =>
  identity.audit.events.slice(-count).map(({ action, outcome = 'success' }) => `${action} ${outcome}`);

describe('an authenticator app', () => {
  it('asks for nothing before it has shown a code', async () => {
    const { secondFactors } = identity.signInWays;
    const { secret, uri } = await secondFactors.beginTotp(ada, undefined, ORIGIN);
    expect(secret.expose()).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri.expose()).toContain('otpauth://totp/Cloister:ada%40example.org?');
    expect(await secondFactors.state(ada)).toEqual({ totp: false, passkeys: 0, recoveryCodesLeft: 0 });
    await signInWithPassword();
    expect(await codeOf(secondFactors.confirmTotp(ada, '000000'))).toBe('invalid-argument');
    await signInWithPassword();
  });

  it('is asked for from then on, and its code begins a session that says so', async () => {
    const { app } = await enrol();
    expect(await identity.signInWays.secondFactors.state(ada)).toEqual({
      totp: true,
      passkeys: 0,
      recoveryCodesLeft: 10,
    });
    const session = await complete(await beginStep(), app());
    const newest = (await identity.service.listLoginSessions(session.actor)).find(({ isCurrent }) => isCurrent);
    expect(newest).toMatchObject({ method: 'password', hasSecondFactor: true, isCurrent: true });
    expect(lastEvents(1)).toEqual(['login-session.begin success']);
  });

  it('may be a step ahead or behind, and no further', async () => {
    const { app } = await enrol();
    clock.advance(10 * PERIOD_MS);
    for (const periods of [-2, 2]) {
      expect(await codeOf(complete(await beginStep(), app(periods))), String(periods)).toBe(
        'unauthenticated second-factor-refused',
      );
    }
    await complete(await beginStep(), app(-1));
    clock.advance(PERIOD_MS);
    await complete(await beginStep(), app(1));
  });

  it('has each code taken once: a replayed one is refused, and so is an older one', async () => {
    const { app } = await enrol();
    const code = app();
    await complete(await beginStep(), code);
    expect(await codeOf(complete(await beginStep(), code))).toBe('unauthenticated second-factor-refused');
    expect(await codeOf(complete(await beginStep(), app(-1)))).toBe('unauthenticated second-factor-refused');
    expect(lastEvents(1)).toEqual(['login-session.begin failure']);
    clock.advance(PERIOD_MS);
    await complete(await beginStep(), app());
  });

  it('does not take the code that confirmed it for a sign-in', async () => {
    const { app } = await enrol();
    expect(await codeOf(complete(await beginStep(), app(-1)))).toBe('unauthenticated second-factor-refused');
  });

  it('lets one of two in that show the same code at the same moment', async () => {
    const { app } = await enrol();
    const steps = [await beginStep(), await beginStep()];
    const codes = await Promise.all(steps.map((step) => codeOf(complete(step, app()))));
    expect(codes.filter((code) => code.startsWith('not refused'))).toHaveLength(1);
  });

  it('is confirmed within fifteen minutes, or begun again', async () => {
    const { secondFactors } = identity.signInWays;
    const { secret } = await secondFactors.beginTotp(ada, undefined, ORIGIN);
    const app = new TOTP({ secret: secret.expose() });
    clock.advance(15 * 60_000 + 1);
    const code = app.generate({ timestamp: clock.now().getTime() });
    expect(await codeOf(secondFactors.confirmTotp(ada, code))).toBe('failed-precondition totp-not-begun');
    const again = await secondFactors.beginTotp(ada, new Secret(PASSWORD), ORIGIN);
    clock.advance(15 * 60_000);
    const timestamp = clock.now().getTime();
    await secondFactors.confirmTotp(ada, new TOTP({ secret: again.secret.expose() }).generate({ timestamp }));
  });

  it('is not confirmed by guessing', async () => {
    const { secondFactors } = identity.signInWays;
    const { secret } = await secondFactors.beginTotp(ada, undefined, ORIGIN);
    const guesses: string[] = [];
    for (let guess = 0; guess < 8; guess += 1) guesses.push(await codeOf(secondFactors.confirmTotp(ada, '000000')));
    expect(guesses[5]).toContain('invalid-argument');
    expect(guesses.slice(6)).toEqual(Array(2).fill('resource-exhausted sign-in-throttled'));
    clock.advance(1001);
    const app = new TOTP({ secret: secret.expose() });
    await secondFactors.confirmTotp(ada, app.generate({ timestamp: clock.now().getTime() }));
  });

  it('is not replaced by a second one', async () => {
    await enrol();
    expect(await codeOf(identity.signInWays.secondFactors.beginTotp(ada, undefined, ORIGIN))).toBe(
      'failed-precondition totp-exists',
    );
    expect(await codeOf(identity.signInWays.secondFactors.confirmTotp(ada, '000000'))).toBe(
      'failed-precondition totp-not-begun',
    );
  });

  it('is removed with the password, and the recovery codes go with it', async () => {
    const { app } = await enrol();
    const { secondFactors } = identity.signInWays;
    expect(await codeOf(secondFactors.removeTotp(ada, undefined, ORIGIN))).toBe('invalid-argument password-needed');
    expect(await codeOf(secondFactors.removeTotp(ada, new Secret('wrong password!'), ORIGIN))).toBe(
      'invalid-argument password-refused',
    );
    const step = await beginStep();
    await secondFactors.removeTotp(ada, new Secret(PASSWORD), ORIGIN);
    expect(lastEvents(1)).toEqual(['second-factor.disable success']);
    expect(await secondFactors.state(ada)).toEqual({ totp: false, passkeys: 0, recoveryCodesLeft: 0 });
    expect(await codeOf(complete(step, app()))).toBe('unauthenticated second-factor-refused');
    await signInWithPassword();
  });
});

describe('the step after the password', () => {
  it('is used once', async () => {
    const { app } = await enrol();
    const step = await beginStep();
    await complete(step, app());
    clock.advance(PERIOD_MS);
    expect(await codeOf(complete(step, app()))).toBe('unauthenticated sign-in-step-over');
  });

  it('is over after five minutes', async () => {
    const { app } = await enrol();
    const step = await beginStep();
    clock.advance(5 * 60_000);
    expect(await codeOf(complete(step, app()))).toBe('unauthenticated sign-in-step-over');
  });

  it('takes five guesses, also at the same moment', async () => {
    const { app } = await enrol();
    const step = await beginStep();
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(complete(step, '000000'))));
    expect(codes.filter((code) => code.includes('second-factor-refused'))).toHaveLength(5);
    clock.advance(60_000);
    expect(await codeOf(complete(step, app()))).toBe('unauthenticated sign-in-step-over');
  });

  it('slows guesses down over all steps, from wherever they come, and lets the right code in after the wait', async () => {
    const { app } = await enrol();
    const refusals: string[] = [];
    for (let guess = 0; guess < 12; guess += 1) {
      const origin = { ...ORIGIN, address: `203.0.113.${guess}` };
      const stepToken = await beginStep();
      refusals.push(
        await codeOf(
          identity.signInWays.secondFactorSignIn.complete({ stepToken, method: 'totp', code: '000000', origin }),
        ),
      );
    }
    expect(refusals.slice(0, 6)).toEqual(Array(6).fill('unauthenticated second-factor-refused'));
    expect(refusals.slice(6)).toEqual(Array(6).fill('resource-exhausted sign-in-throttled'));
    clock.advance(PERIOD_MS);
    await complete(await beginStep(), app());
  });

  it('lets nobody in who was suspended in between', async () => {
    const { app } = await enrol();
    const step = await beginStep();
    const second: Member = { ...(await memberOf(ada)), id: newId(), email: 'bo@example.org' };
    await identity.members.addMember(ada, second);
    await identity.members.changeMember({ accountId: ada.accountId }, ada.userId, { suspendedAt: clock.now() });
    expect(await codeOf(complete(step, app()))).toBe('unauthenticated second-factor-refused');
  });

  it('opens nothing by itself', async () => {
    await enrol();
    expect(await codeOf(identity.service.actorOfSession(await beginStep()))).toBe('unauthenticated session-expired');
  });
});

describe('recovery codes', () => {
  it('have 80 random bits each, in characters that nobody mixes up', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
    const membership = { accountId: newId(), userId: newId() };
    expect(hashRecoveryCode(membership, '10AB CDEF-GHJK-MNPQ')).toBe(hashRecoveryCode(membership, 'loabcdefghjkmnpq'));
    expect(hashRecoveryCode({ ...membership, userId: newId() }, 'x')).not.toBe(hashRecoveryCode(membership, 'x'));
  });

  it('let somebody in once each, however they type them', async () => {
    const { codes } = await enrol();
    const code = codes[3]?.expose() ?? '';
    await complete(await beginStep(), ` ${code.toUpperCase().replaceAll('-', ' ')} `, 'recovery-code');
    expect(lastEvents(2)).toEqual(['recovery-code.use success', 'login-session.begin success']);
    expect(await codeOf(complete(await beginStep(), code, 'recovery-code'))).toBe(
      'unauthenticated second-factor-refused',
    );
    expect((await identity.signInWays.secondFactors.state(ada)).recoveryCodesLeft).toBe(9);
  });

  it('let one of two in that use the same one at the same moment', async () => {
    const { codes } = await enrol();
    const steps = [await beginStep(), await beginStep()];
    const outcomes = await Promise.all(
      steps.map((step) => codeOf(complete(step, codes[0]?.expose() ?? '', 'recovery-code'))),
    );
    expect(outcomes.filter((outcome) => outcome.startsWith('not refused'))).toHaveLength(1);
  });

  it('are renewed with the password, and the old ones stop working', async () => {
    const { secondFactors } = identity.signInWays;
    expect(await codeOf(secondFactors.renewRecoveryCodes(ada, new Secret(PASSWORD), ORIGIN))).toBe(
      'failed-precondition no-second-factor',
    );
    const { codes } = await enrol();
    expect(await codeOf(secondFactors.renewRecoveryCodes(ada, new Secret('wrong password!'), ORIGIN))).toBe(
      'invalid-argument password-refused',
    );
    const [renewed] = await secondFactors.renewRecoveryCodes(ada, new Secret(PASSWORD), ORIGIN);
    expect(lastEvents(1)).toEqual(['recovery-codes.create success']);
    expect(await codeOf(complete(await beginStep(), codes[0]?.expose() ?? '', 'recovery-code'))).toContain('refused');
    await complete(await beginStep(), renewed?.expose() ?? '', 'recovery-code');
  });
});

describe('who may change a sign-in', () => {
  it('is the person in the browser, not their API key', async () => {
    const byKey: Actor = { ...ada, via: 'api-key' };
    const { secondFactors } = identity.signInWays;
    const attempts = [
      secondFactors.beginTotp(byKey, undefined, ORIGIN),
      secondFactors.confirmTotp(byKey, '000000'),
      secondFactors.removeTotp(byKey, new Secret(PASSWORD), ORIGIN),
      secondFactors.renewRecoveryCodes(byKey, new Secret(PASSWORD), ORIGIN),
    ];
    for (const attempt of attempts) expect(await codeOf(attempt)).toBe('permission-denied login-session-needed');
  });

  it('is somebody without a password who has just signed in', async () => {
    await enrol();
    await identity.members.changeMember({ accountId: ada.accountId }, ada.userId, { passwordHash: null });
    const { secondFactors } = identity.signInWays;
    await secondFactors.renewRecoveryCodes(ada, undefined, ORIGIN);
    clock.advance(15 * 60_000);
    expect(await codeOf(secondFactors.removeTotp(ada, undefined, ORIGIN))).toBe('failed-precondition sign-in-anew');
  });

  it('is not whoever found a browser open, or took its session', async () => {
    clock.advance(16 * 60_000);
    const { secondFactors } = identity.signInWays;
    expect(await codeOf(secondFactors.beginTotp(ada, undefined, ORIGIN))).toBe('failed-precondition sign-in-anew');
    expect(await codeOf(secondFactors.beginTotp(ada, new Secret('wrong password!'), ORIGIN))).toBe(
      'invalid-argument password-refused',
    );
    await secondFactors.beginTotp(ada, new Secret(PASSWORD), ORIGIN);
  });

  it('is also who manages people, who can only take everything away', async () => {
    const { secondFactors } = identity.signInWays;
    const bo: Member = { ...(await memberOf(ada)), id: newId(), email: 'bo@example.org', role: 'member' };
    await identity.members.addMember(ada, bo);
    const asBo: Actor = { accountId: ada.accountId, userId: bo.id, via: 'login-session' };
    await enrol();
    expect(await secondFactors.methodsOf(ada, [ada.userId, bo.id])).toEqual(
      new Map([[ada.userId, ['recovery-code', 'totp']]]),
    );
    expect(await codeOf(secondFactors.methodsOf(asBo, [ada.userId]))).toBe('permission-denied');
    expect(await codeOf(secondFactors.reset(asBo, ada.userId))).toBe('permission-denied');
    for (const unknown of [newId(), 'x']) {
      expect(await codeOf(secondFactors.reset(ada, unknown))).toBe('not-found person-not-found');
    }
    await secondFactors.reset(ada, ada.userId);
    expect(await secondFactors.state(ada)).toEqual({ totp: false, passkeys: 0, recoveryCodesLeft: 0 });
    await signInWithPassword();
  });
});

async function memberOf({ accountId, userId }: Actor): Promise<Member> {
  const member = await identity.members.findMember({ accountId, userId });
  if (member === undefined) throw new Error('there is no such member');
  return member;
}
