import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { type Actor, AppError, type Clock, isId, newId, Secret } from '../../core/index.ts';
import type { ApiKeys } from './api-keys.ts';
import type { ApiKeyRecord } from './credential-store.ts';
import type { LoginSession, LoginSessions } from './login-sessions.ts';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

export type AccessToken = {
  readonly accessToken: Secret;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly expiresInSeconds: number;
};

const ISSUER = 'cloister';
/** So much of the hash of an API key's secret is in its tokens that no two secrets share it. */
const SECRET_CHECK_LENGTH = 32;

/** What a token says. It carries no scope and no role: those are looked up at each use, so that a change holds at the next one. */
type Claims = { readonly accountId: string; readonly userId: string } & (
  | { readonly apiKeyId: string; readonly secretCheck: string }
  | { readonly loginSessionId: string }
);

/** Short-lived bearer tokens: JWTs (RFC 7519) signed with Ed25519. They die with the API key's secret, or the login session, that they came from. */
export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #apiKeys: Pick<ApiKeys, 'actorOfId'>;
  readonly #sessions: Pick<LoginSessions, 'actorOfId'>;
  readonly #clock: Clock;
  readonly #lifetimeSeconds: number;

  constructor(options: {
    keys: SigningKeys;
    apiKeys: Pick<ApiKeys, 'actorOfId'>;
    sessions: Pick<LoginSessions, 'actorOfId'>;
    clock: Clock;
    lifetimeSeconds: number;
  }) {
    this.#keys = options.keys;
    this.#apiKeys = options.apiKeys;
    this.#sessions = options.sessions;
    this.#clock = options.clock;
    this.#lifetimeSeconds = options.lifetimeSeconds;
  }

  ofApiKey({ accountId, userId, id, keyHash }: ApiKeyRecord): Promise<AccessToken> {
    return this.#sign(userId, { account: accountId, api_key: id, api_key_check: secretCheckOf(keyHash) });
  }

  ofLoginSession({ actor: { accountId, userId, credentialId } }: LoginSession): Promise<AccessToken> {
    return this.#sign(userId, { account: accountId, login_session: credentialId });
  }

  /** @throws AppError `unauthenticated`, reason `access-token-expired` or `access-token-not-valid`. */
  async actorOf(token: Secret): Promise<Actor> {
    const claims = await this.#read(token.expose());
    const actor = await this.#actorOfClaims(claims);
    if (actor === undefined || actor.userId !== claims.userId) throw notValid();
    return { ...actor, via: 'access-token' };
  }

  async #sign(subject: string, claims: Record<string, unknown>): Promise<AccessToken> {
    const { id, privateKey } = await this.#keys.current();
    const issuedAt = new Date(Math.floor(this.#clock.now().getTime() / 1000) * 1000);
    const expiresAt = new Date(issuedAt.getTime() + this.#lifetimeSeconds * 1000);
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: id, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(subject)
      .setJti(newId())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    return { accessToken: new Secret(token), issuedAt, expiresAt, expiresInSeconds: this.#lifetimeSeconds };
  }

  async #read(token: string): Promise<Claims> {
    const id = keyIdOf(token);
    const key = id === undefined ? undefined : await this.#keys.find(id);
    if (key === undefined) throw notValid();
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [SIGNING_ALGORITHM],
        issuer: ISSUER,
        audience: ISSUER,
        requiredClaims: ['exp', 'iat', 'sub', 'jti'],
        currentDate: this.#clock.now(),
      });
      return claimsOf(payload);
    } catch (error) {
      const isExpired = (error as { code?: unknown }).code === 'ERR_JWT_EXPIRED';
      throw isExpired ? expired() : notValid();
    }
  }

  #actorOfClaims(claims: Claims): Promise<Actor | undefined> {
    if ('loginSessionId' in claims) return this.#sessions.actorOfId(claims.accountId, claims.loginSessionId);
    return this.#apiKeys.actorOfId(
      claims.accountId,
      claims.apiKeyId,
      ({ keyHash }) => secretCheckOf(keyHash) === claims.secretCheck,
    );
  }
}

/** Ties a token to the secret that its API key had then: after a rotation it is not the same any more. */
function secretCheckOf(keyHash: string): string {
  return keyHash.slice(0, SECRET_CHECK_LENGTH);
}

/** The id of the key that a token says it was signed with. */
function keyIdOf(token: string): string | undefined {
  try {
    const { kid } = decodeProtectedHeader(token);
    return kid !== undefined && isId(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(payload: Readonly<Record<string, unknown>>): Claims {
  const { sub, account, api_key: apiKeyId, api_key_check: secretCheck, login_session: loginSessionId } = payload;
  if (typeof sub !== 'string' || typeof account !== 'string') throw notValid();
  const owner = { accountId: account, userId: sub };
  if (typeof loginSessionId === 'string') return { ...owner, loginSessionId };
  if (typeof apiKeyId === 'string' && typeof secretCheck === 'string') return { ...owner, apiKeyId, secretCheck };
  throw notValid();
}

function notValid(): AppError {
  return new AppError('unauthenticated', 'The access token is not valid. Ask for a new one with your API key.', {
    details: { reason: 'access-token-not-valid' },
  });
}

function expired(): AppError {
  return new AppError('unauthenticated', 'The access token has expired. Ask for a new one with your API key.', {
    details: { reason: 'access-token-expired' },
  });
}
