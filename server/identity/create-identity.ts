import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { AccessStore } from './access/access-store.ts';
import { createAuthorize } from './access/authorize.ts';
import { SqlAccessStore } from './access/sql-access-store.ts';
import { type IdentityConfig, identityConfig } from './config.ts';
import { ApiKeys } from './credentials/api-keys.ts';
import { createTokens } from './credentials/create-tokens.ts';
import type { CredentialStore } from './credentials/credential-store.ts';
import { LoginSessions } from './credentials/login-sessions.ts';
import type { SecretWrapper } from './credentials/secret-wrapper.ts';
import { SqlCredentialStore } from './credentials/sql-credential-store.ts';
import type { FederatedIdentityStore, ProjectRoleGrants } from './identity-providers/federated-identity-store.ts';
import { SqlFederatedIdentityStore, SqlProjectRoleGrants } from './identity-providers/sql-federated-identity-store.ts';
import { createIdentityService, type IdentityService } from './identity-service.ts';
import type { AccountDataOwner } from './members/account-data-owner.ts';
import { createPeople, type People } from './members/create-people.ts';
import type { Mailer } from './members/mailer.ts';
import type { MemberStore } from './members/member-store.ts';
import { createServiceIdsService, type ServiceIdsService } from './members/service-ids-service.ts';
import { SetUp } from './members/set-up.ts';
import { SqlMemberStore } from './members/sql-member-store.ts';
import { createSignInWays, type IdentityProviderOptions, type SignInWays } from './sign-in/create-sign-in-ways.ts';
import { GuessThrottle } from './sign-in/guess-throttle.ts';
import { OwnPassword } from './sign-in/own-password.ts';
import { PasswordSignIn } from './sign-in/password-sign-in.ts';
import { SecondFactorSignIn } from './sign-in/second-factor-sign-in.ts';
import type { SecondFactorStore } from './sign-in/second-factor-store.ts';
import type { SignInStepStore } from './sign-in/sign-in-step-store.ts';
import { SignInSteps } from './sign-in/sign-in-steps.ts';
import { SqlSecondFactorStore } from './sign-in/sql-second-factor-store.ts';
import { SqlSignInStepStore } from './sign-in/sql-sign-in-step-store.ts';

export type Identity = People & {
  readonly service: IdentityService;
  readonly serviceIds: ServiceIdsService;
  readonly signInWays: SignInWays;
  readonly authorize: Authorize;
  /** Gives the key of access tokens a successor when it is old. For a clock to call now and then. */
  rotateSigningKeysWhenDue(): Promise<void>;
};

export type IdentityOptions = {
  readonly secretWrapper: SecretWrapper;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config?: IdentityConfig;
  readonly identityProviders?: IdentityProviderOptions;
  /** The address that people type, for one-time links. It is known only once the server listens. */
  readonly siteUrl: () => string;
  /** What later rooms keep of accounts: it goes with them. */
  readonly accountData: AccountDataOwner;
  /** Sends one-time links; without it they are only shown. */
  readonly mailer?: Mailer;
  /** Takes the place of the real one, in the test that shows what the database's policies hold by themselves. */
  readonly authorize?: Authorize;
};

/** What the room keeps, each behind its port. */
export type IdentityStores = {
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly access: AccessStore;
  readonly secondFactors: SecondFactorStore;
  readonly signInSteps: SignInStepStore;
  readonly federatedIdentities: FederatedIdentityStore;
  readonly projectRoleGrants: ProjectRoleGrants;
};

/** Joins the room over the database. */
export function createIdentity(options: IdentityOptions & { readonly database: Database }): Identity {
  const { database } = options;
  const stores = {
    members: new SqlMemberStore(database),
    credentials: new SqlCredentialStore(database),
    access: new SqlAccessStore(database),
    secondFactors: new SqlSecondFactorStore(database),
    signInSteps: new SqlSignInStepStore(database),
    federatedIdentities: new SqlFederatedIdentityStore(database),
    projectRoleGrants: new SqlProjectRoleGrants(database),
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
  const ownPassword = new OwnPassword(clock);
  const apiKeys = new ApiKeys({ store: credentials, access, audit, clock });
  const steps = new SignInSteps({ store: stores.signInSteps, clock });
  const wrapper = secretWrapper;
  const shared = { members, store: stores.secondFactors, steps, sessions, wrapper, authorize, audit, clock };
  const secondFactorThrottle = new GuessThrottle(clock);
  const secondFactorSignIn = new SecondFactorSignIn({ ...shared, throttle: secondFactorThrottle });
  const secondFactors = secondFactorSignIn;
  const passwordSignIn = new PasswordSignIn({ members, sessions, secondFactors, throttle, audit, logger });
  const tokens = createTokens({
    ...{ members, credentials, apiKeys, sessions, passwordSignIn },
    ...{ wrapper, audit, clock, logger, settings },
  });
  const service = createIdentityService({
    members,
    authorize,
    setUp: new SetUp({ store: members, audit, clock }),
    passwordSignIn,
    sessions,
    apiKeys,
    ...tokens,
  });
  const signInWays = createSignInWays({
    ...{ ...shared, credentials, secondFactorSignIn, secondFactorThrottle, ownPassword, logger },
    identities: stores.federatedIdentities,
    grants: stores.projectRoleGrants,
    identityProviders: options.identityProviders,
  });
  const { siteUrl, mailer, accountData } = options;
  return {
    service,
    serviceIds: createServiceIdsService({ members, apiKeys, authorize, audit, clock }),
    signInWays,
    ...createPeople({
      ...{ members, credentials, access, sessions, ownPassword, authorize, audit, clock, logger, siteUrl, mailer },
      secondFactors: signInWays.secondFactors,
      signInSteps: stores.signInSteps,
      accountData,
    }),
    authorize,
    rotateSigningKeysWhenDue: () => tokens.signingKeyRotation.rotateWhenDue(),
  };
}
