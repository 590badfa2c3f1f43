import { createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, newId, Secret } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createMemoryIdentity, type MemoryIdentity, openSecretWrapper } from '../testing.ts';
import { SigningKeys } from './signing-keys.ts';

const NOT_VALID = 'unauthenticated access-token-not-valid';
const PASSWORD = 'correct horse battery staple';
const EMAIL = 'ada@example.org';
const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };

let clock: ManualClock;
let identity: MemoryIdentity;
let ada: Actor;
let key: Secret;
let apiKeyId: string;

beforeEach(async () => {
  clock = manualClock();
  identity = createMemoryIdentity(clock);
  await identity.service.setUpUnattended({
    accountName: 'H',
    name: 'Ada',
    email: EMAIL,
    password: new Secret(PASSWORD),
  });
  const outcome = await identity.service.signIn({ email: EMAIL, password: new Secret(PASSWORD), origin: ORIGIN });
  if (outcome.state !== 'signed-in') throw new Error('nobody was signed in');
  ada = outcome.session.actor;
  const made = await identity.service.createApiKey(ada, { name: 'scripts' });
  key = made.key;
  apiKeyId = made.apiKey.id;
});

const keysFor = (purpose: 'access-token' | 'audit') =>
  new SigningKeys({ store: identity.credentials, wrapper: openSecretWrapper, clock, purpose });

async function issue(): Promise<string> {
  return (await identity.service.issueAccessToken(key)).accessToken.expose();
}

async function use(token: string): Promise<string> {
  try {
    await identity.service.actorOfAccessToken(new Secret(token));
    return 'taken';
  } catch (error) {
    return isAppError(error) ? `${error.code} ${error.details.reason}` : String(error);
  }
}

function partsOf(token: string): [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('an access token', () => {
  it('says whose it is, of which key and until when, and nothing that may change before', async () => {
    const [header, payload] = partsOf(await issue());
    const [publicKey] = await identity.service.listPublicKeys('access-token');
    expect(decode(header)).toEqual({ alg: 'EdDSA', kid: publicKey?.kid, typ: 'JWT' });
    const claims = decode(payload);
    expect(Object.keys(claims).sort()).toEqual(
      ['account', 'api_key', 'api_key_check', 'aud', 'exp', 'iat', 'iss', 'jti', 'sub'].sort(),
    );
    expect(claims).toMatchObject({ account: ada.accountId, api_key: apiKeyId, sub: ada.userId });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
    expect(decode(partsOf(await issue())[1]).jti).not.toBe(claims.jti);
  });

  it('is checked by anybody with the published keys, which hold nothing private', async () => {
    const keys = await identity.service.listPublicKeys('access-token');
    expect(keys).toEqual([]);
    const token = await issue();
    const [publicKey] = (await identity.service.listPublicKeys('access-token')) as [JWK];
    expect(Object.keys(publicKey).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const options = { issuer: 'cloister', audience: 'cloister', currentDate: clock.now() };
    await jwtVerify(token, createPublicKey({ key: publicKey, format: 'jwk' }), options);
  });

  it('dies with the secret of its key, and a new one is had with the new secret', async () => {
    const token = await issue();
    expect(await use(token)).toBe('taken');
    key = (await identity.service.rotateApiKey(ada, apiKeyId)).key;
    expect(await use(token)).toBe(NOT_VALID);
    expect(await use(await issue())).toBe('taken');
  });

  it('does not outlive its key', async () => {
    const expiresAt = new Date(clock.now().getTime() + 60_000);
    key = (await identity.service.createApiKey(ada, { name: 'short', expiresAt })).key;
    const token = await issue();
    clock.advance(59_000);
    expect(await use(token)).toBe('taken');
    clock.advance(1000);
    expect(await use(token)).toBe(NOT_VALID);
  });

  it('follows its owner: nothing while suspended, another role at the next use', async () => {
    const colleague = { ...ada, userId: newId() };
    await identity.members.addMember(ada, {
      ...{ id: colleague.userId, accountId: ada.accountId, kind: 'person', email: 'bo@example.org', name: 'Bo' },
      ...{ description: '', role: 'member', passwordHash: null, passwordChangedAt: null, suspendedAt: null },
      createdAt: clock.now(),
    });
    key = (await identity.service.createApiKey({ ...colleague, accountRole: 'member' }, { name: 'scripts' })).key;
    const token = await issue();
    await identity.members.changeMember(ada, colleague.userId, { role: 'billing-viewer' });
    expect(await identity.service.actorOfAccessToken(new Secret(token))).toMatchObject({
      accountRole: 'billing-viewer',
    });
    await identity.members.changeMember(ada, colleague.userId, { suspendedAt: clock.now() });
    expect(await use(token)).toBe(NOT_VALID);
  });

  it('counts as a use of its key', async () => {
    const token = await issue();
    clock.advance(120_000);
    await use(token);
    expect((await identity.service.listApiKeys(ada))[0]?.lastUsedAt).toEqual(clock.now());
  });

  it('is recorded when it is given out', async () => {
    await identity.service.issueAccessToken(key, { address: '192.0.2.7' });
    expect(identity.audit.events.at(-1)).toMatchObject({
      action: 'access-token.issue',
      target: { type: 'api-key', id: apiKeyId },
      actor: { userId: ada.userId, address: '192.0.2.7', via: 'api-key' },
    });
  });
});

describe('a token for a password', () => {
  const ask = () =>
    identity.service.issueAccessTokenByPassword({ email: EMAIL, password: new Secret(PASSWORD), origin: ORIGIN });

  it('dies with the login session that it began', async () => {
    const token = (await ask()).accessToken.expose();
    expect(await identity.service.actorOfAccessToken(new Secret(token))).toMatchObject({
      userId: ada.userId,
      via: 'access-token',
    });
    expect(await identity.service.listLoginSessions(ada)).toHaveLength(2);
    await identity.service.endOtherLoginSessions(ada);
    expect(await use(token)).toBe(NOT_VALID);
  });

  it('is slowed down as signing in is', async () => {
    const guess = () =>
      identity.service
        .issueAccessTokenByPassword({ email: EMAIL, password: new Secret('not this one'), origin: ORIGIN })
        .catch((error: unknown) => (error as { code: string }).code);
    const codes = [];
    for (let count = 0; count < 7; count += 1) codes.push(await guess());
    expect(codes[0]).toBe('unauthenticated');
    expect(codes.at(-1)).toBe('resource-exhausted');
  });

  it('is not given to somebody with a second factor, who is told to use an API key', async () => {
    const secret = Buffer.from('wrapped');
    await identity.secondFactors.putUnconfirmedTotp(ada, secret, clock.now());
    await identity.secondFactors.confirmTotp(ada, secret, 1, clock.now());
    await expect(ask()).rejects.toMatchObject({ code: 'permission-denied', details: { reason: 'api-key-needed' } });
  });
});

describe('a forged token is refused', () => {
  it('without a signature (alg none)', async () => {
    const [header, payload] = partsOf(await issue());
    for (const alg of ['none', 'None', 'NONE'])
      expect(await use(`${encode({ ...decode(header), alg })}.${payload}.`)).toBe(NOT_VALID);
  });

  it('signed by HS256 with the public key as the secret (algorithm confusion)', async () => {
    const [header, payload] = partsOf(await issue());
    const { publicKey, publicJwk } = await keysFor('access-token').current();
    const spki = createPublicKey({ key: await exportJWK(publicKey), format: 'jwk' });
    for (const secret of [
      Buffer.from(publicJwk.x ?? '', 'base64url'),
      Buffer.from(JSON.stringify(publicJwk)),
      spki.export({ type: 'spki', format: 'der' }),
      Buffer.from(spki.export({ type: 'spki', format: 'pem' })),
    ]) {
      const confused = new SignJWT(decode(payload)).setProtectedHeader({ ...decode(header), alg: 'HS256' });
      expect(await use(await confused.sign(secret))).toBe(NOT_VALID);
    }
  });

  it('with a key of its own, in the header or not', async () => {
    const [header, payload] = partsOf(await issue());
    const { privateKey, publicKey } = await generateKeyPair('EdDSA');
    const jwk = await exportJWK(publicKey);
    for (const extra of [
      {},
      { jwk },
      { jku: 'https://evil.example/keys' },
      { kid: newId(), jwk },
      { kid: '../../etc' },
    ]) {
      const own = new SignJWT(decode(payload)).setProtectedHeader({ ...decode(header), alg: 'EdDSA', ...extra });
      expect(await use(await own.sign(privateKey))).toBe(NOT_VALID);
    }
  });

  it('with a key of another purpose', async () => {
    const [header, payload] = partsOf(await issue());
    const auditKey = await keysFor('audit').current();
    const borrowed = new SignJWT(decode(payload)).setProtectedHeader({
      ...decode(header),
      alg: 'EdDSA',
      kid: auditKey.id,
    });
    expect(await use(await borrowed.sign(auditKey.privateKey))).toBe(NOT_VALID);
  });

  it('after its time', async () => {
    const token = await issue();
    clock.advance(3600_000);
    expect(await use(token)).toBe('unauthenticated access-token-expired');
  });

  it('with altered claims or an altered header', async () => {
    const [header, payload, signature] = partsOf(await issue());
    for (const change of [{ sub: newId() }, { account: newId() }, { api_key: newId() }, { exp: 4_102_444_800 }])
      expect(await use(`${header}.${encode({ ...decode(payload), ...change })}.${signature}`)).toBe(NOT_VALID);
    expect(await use(`${encode({ ...decode(header), extra: 1 })}.${payload}.${signature}`)).toBe(NOT_VALID);
    for (const text of ['', 'x', 'a.b.c', `${header}.${payload}`, `${header}.${payload}.AAAA`])
      expect(await use(text)).toBe(NOT_VALID);
  });

  it('with the key of another account, even signed by this deployment', async () => {
    const [header, payload] = partsOf(await issue());
    const { privateKey } = await keysFor('access-token').current();
    const sign = (change: object) =>
      new SignJWT({ ...decode(payload), ...change })
        .setProtectedHeader({ ...decode(header), alg: 'EdDSA' })
        .sign(privateKey);
    expect(await use(await sign({}))).toBe('taken');
    expect(await use(await sign({ account: newId() }))).toBe(NOT_VALID);
    expect(await use(await sign({ sub: newId() }))).toBe(NOT_VALID);
    expect(await use(await sign({ aud: 'elsewhere' }))).toBe(NOT_VALID);
    expect(await use(await sign({ iss: 'elsewhere' }))).toBe(NOT_VALID);
    expect(await use(await sign({ api_key_check: undefined }))).toBe(NOT_VALID);
  });
});
