import { AppError, hashCredential, newCredential, notFound, Secret } from '../../core/index.ts';
import type { LoginSession, LoginSessions, RequestOrigin } from '../credentials/login-sessions.ts';
import type { MemberStore } from '../members/member-store.ts';
import type { RateLimit } from '../sign-in/rate-limit.ts';
import type { SignInSteps } from '../sign-in/sign-in-steps.ts';
import type { FederatedPeople } from './federated-people.ts';
import type { FlowSecrets, IdentityProviderClient } from './identity-provider-client.ts';
import type { IdentityProviderSettings } from './identity-provider-config.ts';

/** People may have to find a second factor there. */
export const IDENTITY_PROVIDER_STEP_MS = 10 * 60_000;

type Provider = { readonly settings: IdentityProviderSettings; readonly client: IdentityProviderClient };

/** Signing in at an identity provider. */
export class IdentityProviders {
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #members: MemberStore;
  readonly #people: FederatedPeople;
  readonly #steps: SignInSteps;
  readonly #sessions: LoginSessions;
  readonly #limit: RateLimit;

  constructor(options: {
    providers: readonly Provider[];
    members: MemberStore;
    people: FederatedPeople;
    steps: SignInSteps;
    sessions: LoginSessions;
    stepLimit: RateLimit;
  }) {
    this.#providers = new Map(options.providers.map((provider) => [provider.settings.id, provider]));
    this.#members = options.members;
    this.#people = options.people;
    this.#steps = options.steps;
    this.#sessions = options.sessions;
    this.#limit = options.stepLimit;
  }

  /** In the order of the settings. */
  list(): readonly { readonly id: string; readonly name: string }[] {
    return [...this.#providers.values()].map(({ settings: { id, name } }) => ({ id, name }));
  }

  /**
   * @param redirectUri where the provider sends the browser back to
   * @returns where the browser goes, and what it must keep until it comes back
   * @throws AppError `not-found`; `unavailable` when the provider does not answer; `resource-exhausted` when one address asks too often
   */
  async begin(
    id: string,
    redirectUri: string,
    { address }: RequestOrigin,
  ): Promise<{ readonly url: URL; readonly token: Secret }> {
    const { client } = this.#provider(id);
    this.#limit.take(address);
    const token = new Secret(newCredential('step_'));
    const url = await client.authorizationUrl(redirectUri, secretsOf(token));
    await this.#steps.begin('identity-provider', {
      data: { providerId: id, redirectUri },
      token,
      lifetimeMs: IDENTITY_PROVIDER_STEP_MS,
    });
    return { url, token };
  }

  /**
   * @param token what the browser kept @param query what the provider gave it, as it stands in the address
   * @throws AppError `unauthenticated` when it is not the provider's answer to that browser; `permission-denied` for somebody without access
   *   here; `unavailable` when the provider does not answer
   */
  async complete(id: string, token: Secret, query: string, origin: RequestOrigin): Promise<LoginSession> {
    const { settings, client } = this.#provider(id);
    const { data } = await this.#steps.take(token, 'identity-provider');
    if (data.providerId !== id) throw otherProvider();
    const callbackUrl = new URL(data.redirectUri);
    callbackUrl.search = query;
    const claims = await client.exchange(callbackUrl, secretsOf(token));
    const accountId = settings.account ?? (await this.#members.findAdministrator())?.accountId;
    if (accountId === undefined) throw new AppError('failed-precondition', 'This server has no administrator yet.');
    const membership = await this.#people.admit(settings, accountId, claims, origin);
    return this.#sessions.begin(membership, { method: 'identity-provider', hasSecondFactor: false }, origin);
  }

  #provider(id: string): Provider {
    const provider = this.#providers.get(id);
    if (provider === undefined) throw notFound('identity provider', id);
    return provider;
  }
}

/** Nothing of these is stored: whoever reads the database can't go on with a sign-in. Each is as random as the token, and tells nothing of it. */
function secretsOf(token: Secret): FlowSecrets {
  const derived = (purpose: string) => hashCredential(`${purpose} ${token.expose()}`);
  return { state: derived('state'), nonce: derived('nonce'), codeVerifier: derived('code-verifier') };
}

function otherProvider(): AppError {
  return new AppError('unauthenticated', 'This sign-in began at another identity provider. Start again.', {
    details: { reason: 'identity-provider-refused' },
  });
}
