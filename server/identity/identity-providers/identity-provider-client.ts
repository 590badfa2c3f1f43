/** What binds an answer of the provider to the browser that asked. All of it comes from the step's token, which only that browser has. */
export type FlowSecrets = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

/** Who the provider says that somebody is, after its signature was checked. */
export type Claims = {
  /** Theirs at that issuer, for ever. */
  readonly subject: string;
  readonly issuer: string;
  readonly email: string | undefined;
  /** Undefined: the provider does not say. */
  readonly isEmailVerified: boolean | undefined;
  readonly name: string | undefined;
  readonly groups: readonly string[];
};

/** Port: one identity provider, by OpenID Connect's authorization code flow with PKCE. */
export type IdentityProviderClient = {
  /**
   * Where the browser goes to sign in.
   * @throws AppError `unavailable` when the provider cannot be reached or does not answer as one
   */
  authorizationUrl(redirectUri: string, secrets: FlowSecrets): Promise<URL>;
  /**
   * Exchanges what the browser came back with.
   * @param callbackUrl `redirectUri` with the query that the provider gave it
   * @throws AppError `unauthenticated` (reason `identity-provider-refused`) when the provider refuses, or when anything of its answer is
   *   not as it must be: state, issuer, nonce, signature, audience, time; `unavailable` when it does not answer
   */
  exchange(callbackUrl: URL, secrets: FlowSecrets): Promise<Claims>;
};
