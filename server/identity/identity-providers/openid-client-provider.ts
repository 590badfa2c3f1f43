import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  ResponseBodyError,
} from 'openid-client';
import { AppError, type Clock, isAppError, type Secret } from '../../core/index.ts';
import type { Egress } from '../../egress/index.ts';
import type { Claims, FlowSecrets, IdentityProviderClient } from './identity-provider-client.ts';
import type { IdentityProviderSettings } from './identity-provider-config.ts';

/** Providers change their addresses rarely; keys are looked up anew by the library when one is unknown. */
const DISCOVERY_LIFETIME_MS = 60 * 60_000;
/** So long nobody asks again a provider that did not answer: anybody may begin a sign-in, and each would wait for it and make it wait. */
const FAILURE_LIFETIME_MS = 10_000;
const TIMEOUT_SECONDS = 10;
const MOST_GROUPS = 1000;

type Provider = Pick<
  IdentityProviderSettings,
  'id' | 'issuer' | 'clientId' | 'clientSecret' | 'scopes' | 'groupsClaim'
>;

/**
 * An identity provider by openid-client. It connects when it is asked for something, not before, and everything that it sends goes through
 * `egress`.
 */
export function createOpenIdClient(
  provider: Provider,
  { egress, clock }: { egress: Egress; clock: Clock },
): IdentityProviderClient {
  return new OpenIdClientProvider(provider, egress, clock);
}

class OpenIdClientProvider implements IdentityProviderClient {
  readonly #provider: Provider;
  readonly #egress: Egress;
  readonly #clock: Clock;
  #discovered: { readonly untilMs: number; readonly configuration: Promise<Configuration> } | undefined;

  constructor(provider: Provider, egress: Egress, clock: Clock) {
    this.#provider = provider;
    this.#egress = egress;
    this.#clock = clock;
  }

  async authorizationUrl(redirectUri: string, { state, nonce, codeVerifier }: FlowSecrets): Promise<URL> {
    const configuration = await this.#configuration();
    const scopes = new Set(['openid', ...this.#provider.scopes]);
    return buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: [...scopes].join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
  }

  async exchange(callbackUrl: URL, { state, nonce, codeVerifier }: FlowSecrets): Promise<Claims> {
    const configuration = await this.#configuration();
    try {
      const tokens = await authorizationCodeGrant(configuration, callbackUrl, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const idToken = tokens.claims();
      if (idToken === undefined) throw refused(undefined);
      const isMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
      const userInfo = isMore ? await fetchUserInfo(configuration, tokens.access_token, idToken.sub) : {};
      return this.#toClaims({ ...userInfo, ...idToken });
    } catch (error) {
      throw translated(this.#provider, error);
    }
  }

  #configuration(): Promise<Configuration> {
    const nowMs = this.#clock.now().getTime();
    if (this.#discovered === undefined || this.#discovered.untilMs <= nowMs) {
      const configuration = this.#discover().catch((error: unknown) => {
        this.#discovered = { untilMs: this.#clock.now().getTime() + FAILURE_LIFETIME_MS, configuration };
        throw unavailable(this.#provider, error);
      });
      this.#discovered = { untilMs: nowMs + DISCOVERY_LIFETIME_MS, configuration };
    }
    return this.#discovered.configuration;
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#provider;
    const isPlain = new URL(issuer).protocol === 'http:';
    return discovery(
      new URL(issuer),
      clientId,
      undefined,
      clientSecret === undefined ? None() : byBestMeans(clientSecret),
      {
        [customFetch]: this.#fetch,
        timeout: TIMEOUT_SECONDS,
        execute: [
          // Without it the library takes the signature of an ID token on trust, since TLS brought it.
          enableNonRepudiationChecks,
          // Only on this machine: the settings refuse http:// elsewhere, and so does egress.
          ...(isPlain ? [allowInsecureRequests] : []),
        ],
      },
    );
  }

  readonly #fetch: CustomFetch = async (url, { method, headers, body, signal }) => {
    const response = await this.#egress.fetch(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      redirect: 'manual',
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    return response as unknown as Response;
  };

  #toClaims(claims: Readonly<Record<string, unknown>>): Claims {
    const { sub, iss, email, email_verified: isEmailVerified } = claims;
    if (typeof sub !== 'string' || typeof iss !== 'string') throw refused(undefined);
    const groups = claims[this.#provider.groupsClaim];
    return {
      subject: sub,
      issuer: iss,
      email: textOf(email)?.toLowerCase(),
      isEmailVerified: typeof isEmailVerified === 'boolean' ? isEmailVerified : undefined,
      name: textOf(claims.name) ?? textOf(claims.preferred_username),
      groups: (Array.isArray(groups) ? groups : [groups])
        .filter((group) => typeof group === 'string')
        .slice(0, MOST_GROUPS),
    };
  }
}

/** As the provider takes a secret: in a header rather than in the body, where it says nothing. */
function byBestMeans(clientSecret: Secret): ClientAuth {
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBasic = methods.includes('client_secret_basic');
    const means = isBasic ? ClientSecretBasic(clientSecret.expose()) : ClientSecretPost(clientSecret.expose());
    means(server, client, body, headers);
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** The provider's words stay behind as cause: they quote what it was sent. */
function translated(provider: Provider, error: unknown): AppError {
  if (isAppError(error)) return error;
  if (causesOf(error).some((cause) => isAppError(cause)) || isProvidersFault(error))
    return unavailable(provider, error);
  return refused(error);
}

/** The provider did not do its part, which trying again with another person would not change. */
function isProvidersFault(error: unknown): boolean {
  if (error instanceof ResponseBodyError) return error.error !== 'invalid_grant';
  const { code } = error as { code?: unknown };
  return code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON' || code === 'OAUTH_TIMEOUT';
}

function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) causes.push(cause);
  return causes;
}

function unavailable({ id }: Provider, cause: unknown): AppError {
  const told = causesOf(cause).find((one) => isAppError(one)) as AppError | undefined;
  const why =
    told?.message ?? 'It does not answer as an OpenID provider should; look at its issuer and the client’s secret.';
  return new AppError('unavailable', `The identity provider "${id}" cannot be used right now. ${why}`, {
    details: { reason: 'identity-provider-unavailable' },
    cause,
  });
}

function refused(cause: unknown): AppError {
  return new AppError('unauthenticated', 'The identity provider did not say who you are. Try again.', {
    details: { reason: 'identity-provider-refused' },
    ...(cause === undefined ? {} : { cause }),
  });
}
