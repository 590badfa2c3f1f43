import type { Authorize, Clock } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import { AccessTokens, type SecretWrapper } from './access-tokens.ts';
import { ApiKeys } from './api-keys.ts';
import { createAuthorize } from './authorize.ts';
import { type IdentityConfig, identityConfig } from './config.ts';
import { GuessThrottle } from './guess-throttle.ts';
import { createIdentityService, type IdentityService } from './identity-service.ts';
import type { IdentityStore } from './identity-store.ts';
import { LoginSessions } from './login-sessions.ts';
import { SetUp } from './set-up.ts';
import { SqlIdentityStore } from './sql-identity-store.ts';

export type Identity = {
  readonly service: IdentityService;
  readonly authorize: Authorize;
};

export type IdentityOptions = {
  readonly secretWrapper: SecretWrapper;
  readonly clock: Clock;
  readonly config?: IdentityConfig;
};

/** Joins the room over the database. */
export function createIdentity(options: IdentityOptions & { readonly database: Database }): Identity {
  return createIdentityOver(new SqlIdentityStore(options.database), options);
}

export function createIdentityOver(store: IdentityStore, { secretWrapper, clock, config }: IdentityOptions): Identity {
  const settings = identityConfig.parse(config ?? {});
  const authorize = createAuthorize(store);
  const service = createIdentityService({
    store,
    authorize,
    setUp: new SetUp(store, clock),
    sessions: new LoginSessions({ store, clock, throttle: new GuessThrottle(clock), lifetimes: settings }),
    apiKeys: new ApiKeys(store, clock),
    accessTokens: new AccessTokens({
      store,
      clock,
      wrapper: secretWrapper,
      lifetimeSeconds: settings.accessTokenSeconds,
    }),
  });
  return { service, authorize };
}
