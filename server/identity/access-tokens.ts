import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { type Actor, AppError, type Clock, newId, Secret } from '../core/index.ts';
import type { ApiKeys } from './api-keys.ts';
import type { ApiKeyRecord, CredentialStore, SigningKeyRecord } from './credential-store.ts';
import type { SecretWrapper } from './secret-wrapper.ts';

export type { SecretWrapper };

export type AccessToken = {
  readonly accessToken: Secret;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly expiresInSeconds: number;
};

const ALGORITHM = 'EdDSA';
const ISSUER = 'cloister';

type SigningKey = { readonly id: string; readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };

/** Short-lived bearer tokens for an API key: JWTs (RFC 7519) signed with Ed25519. They die with the API key that they came from. */
export class AccessTokens {
  readonly #store: CredentialStore;
  readonly #apiKeys: Pick<ApiKeys, 'actorOfId'>;
  readonly #wrapper: SecretWrapper;
  readonly #clock: Clock;
  readonly #lifetimeSeconds: number;
  #signingKey: Promise<SigningKey> | undefined;

  constructor(options: {
    store: CredentialStore;
    apiKeys: Pick<ApiKeys, 'actorOfId'>;
    wrapper: SecretWrapper;
    clock: Clock;
    lifetimeSeconds: number;
  }) {
    this.#store = options.store;
    this.#apiKeys = options.apiKeys;
    this.#wrapper = options.wrapper;
    this.#clock = options.clock;
    this.#lifetimeSeconds = options.lifetimeSeconds;
  }

  async issue(apiKey: ApiKeyRecord): Promise<AccessToken> {
    const { id, privateKey } = await this.#key();
    const issuedAt = new Date(Math.floor(this.#clock.now().getTime() / 1000) * 1000);
    const expiresAt = new Date(issuedAt.getTime() + this.#lifetimeSeconds * 1000);
    const token = await new SignJWT({ account: apiKey.accountId, api_key: apiKey.id })
      .setProtectedHeader({ alg: ALGORITHM, kid: id, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(apiKey.userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    return { accessToken: new Secret(token), issuedAt, expiresAt, expiresInSeconds: this.#lifetimeSeconds };
  }

  /** @throws AppError `unauthenticated`, reason `access-token-expired` or `access-token-not-valid`. */
  async actorOf(token: Secret): Promise<Actor> {
    const { publicKey } = await this.#key();
    const claims = await this.#verify(token, publicKey);
    const actor = await this.#apiKeys.actorOfId(claims.accountId, claims.apiKeyId);
    if (actor === undefined || actor.userId !== claims.userId) throw notValid();
    return actor;
  }

  async #verify(token: Secret, publicKey: CryptoKey): Promise<{ accountId: string; userId: string; apiKeyId: string }> {
    try {
      const { payload } = await jwtVerify(token.expose(), publicKey, {
        // Fixed here, never read from the token: that is what algorithm confusion lives on (RFC 8725, section 3.1).
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: ISSUER,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: this.#clock.now(),
      });
      const { sub, account, api_key: apiKeyId } = payload;
      if (typeof sub !== 'string' || typeof account !== 'string' || typeof apiKeyId !== 'string') throw notValid();
      return { accountId: account, userId: sub, apiKeyId };
    } catch (error) {
      const isExpired = (error as { code?: unknown }).code === 'ERR_JWT_EXPIRED';
      throw isExpired ? expired() : notValid();
    }
  }

  /** One key for all servers of the deployment; a failure is not remembered, so the next call tries again. */
  #key(): Promise<SigningKey> {
    this.#signingKey ??= this.#readOrMakeKey().catch((error: unknown) => {
      this.#signingKey = undefined;
      throw error;
    });
    return this.#signingKey;
  }

  async #readOrMakeKey(): Promise<SigningKey> {
    if ((await this.#store.listSigningKeys('access-token')).length === 0) await this.#makeKey();
    // Read again even after making one: of several servers that made one at the same time, all take the oldest.
    const [record] = await this.#store.listSigningKeys('access-token');
    if (record === undefined) throw new AppError('internal', 'There is no key to sign access tokens with.');
    const privateBytes = await this.#wrapper.unwrap(record.wrappedPrivateKey, contextOf(record.id));
    const privateJwk = JSON.parse(Buffer.from(privateBytes).toString('utf8')) as JWK;
    const privateKey = (await importJWK(privateJwk, ALGORITHM)) as CryptoKey;
    const publicKey = (await importJWK(record.publicJwk as JWK, ALGORITHM)) as CryptoKey;
    return { id: record.id, privateKey, publicKey };
  }

  async #makeKey(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const id = newId();
    const privateBytes = Buffer.from(JSON.stringify(await exportJWK(privateKey)), 'utf8');
    const record: SigningKeyRecord = {
      id,
      purpose: 'access-token',
      publicJwk: await exportJWK(publicKey),
      wrappedPrivateKey: await this.#wrapper.wrap(privateBytes, contextOf(id)),
      createdAt: this.#clock.now(),
      retiresAt: null,
    };
    privateBytes.fill(0);
    await this.#store.addSigningKey(record);
  }
}

function contextOf(id: string): Record<string, string> {
  return { purpose: 'access-token-signing-key', signingKey: id };
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
