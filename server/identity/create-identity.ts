import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { AccessStore } from './access-store.ts';
import { AccessTokens, type SecretWrapper } from './access-tokens.ts';
import { ApiKeys } from './api-keys.ts';
import { createAuthorize } from './authorize.ts';
import { type IdentityConfig, identityConfig } from './config.ts';
import type { CredentialStore } from './credential-store.ts';
import { GuessThrottle } from './guess-throttle.ts';
import { createIdentityService, type IdentityService } from './identity-service.ts';
import { LoginSessions } from './login-sessions.ts';
import type { MemberStore } from './member-store.ts';
import { PasswordSignIn } from './password-sign-in.ts';
import { SetUp } from './set-up.ts';
import { SqlAccessStore } from './sql-access-store.ts';
import { SqlCredentialStore } from './sql-credential-store.ts';
import { SqlMemberStore } from './sql-member-store.ts';

export type Identity = {
  readonly service: IdentityService;
  readonly authorize: Authorize;
};

export type IdentityOptions = {
  readonly secretWrapper: SecretWrapper;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config?: IdentityConfig;
  /** Takes the place of the real one, in the test that shows what the database's policies hold by themselves. */
  readonly authorize?: Authorize;
};

/** What the room keeps, each behind its port. */
export type IdentityStores = {
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly access: AccessStore;
};

/** Joins the room over the database. */
export function createIdentity(options: IdentityOptions & { readonly database: Database }): Identity {
  const { database } = options;
  const stores = {
    members: new SqlMemberStore(database),
    credentials: new SqlCredentialStore(database),
    access: new SqlAccessStore(database),
  };
  return createIdentityOver(stores, options);
}

export function createIdentityOver(stores: IdentityStores, options: IdentityOptions): Identity {
  const { members, credentials, access } = stores;
  const { secretWrapper, audit, clock, logger } = options;
  const settings = identityConfig.parse(options.config ?? {});
  const authorize = options.authorize ?? createAuthorize(access, audit);
  const sessions = new LoginSessions({ store: credentials, audit, clock, lifetimes: settings });
  const throttle = new GuessThrottle(clock);
  const apiKeys = new ApiKeys({ store: credentials, audit, clock });
  const secondFactors = { begin: async () => undefined };
  const service = createIdentityService({
    members,
    authorize,
    setUp: new SetUp({ store: members, audit, clock }),
    passwordSignIn: new PasswordSignIn({ members, sessions, secondFactors, throttle, audit, logger }),
    sessions,
    apiKeys,
    accessTokens: new AccessTokens({
      store: credentials,
      apiKeys,
      clock,
      wrapper: secretWrapper,
      lifetimeSeconds: settings.accessTokenSeconds,
    }),
  });
  return { service, authorize };
}
