import type { Audit } from '../../audit/index.ts';
import type { Authorize, Clock, Logger } from '../../core/index.ts';
import type { Egress } from '../../egress/index.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { LoginSessions } from '../credentials/login-sessions.ts';
import type { SecretWrapper } from '../credentials/secret-wrapper.ts';
import type { FederatedIdentityStore, ProjectRoleGrants } from '../identity-providers/federated-identity-store.ts';
import { FederatedPeople } from '../identity-providers/federated-people.ts';
import type { IdentityProviderSettings } from '../identity-providers/identity-provider-config.ts';
import { IdentityProviders } from '../identity-providers/identity-providers.ts';
import { createOpenIdClient } from '../identity-providers/openid-client-provider.ts';
import type { MemberStore } from '../members/member-store.ts';
import type { GuessThrottle } from './guess-throttle.ts';
import type { OwnPassword } from './own-password.ts';
import { PasskeySignIn } from './passkey-sign-in.ts';
import { Passkeys } from './passkeys.ts';
import { RateLimit } from './rate-limit.ts';
import { Reauthentication } from './reauthentication.ts';
import type { SecondFactorSignIn } from './second-factor-sign-in.ts';
import type { SecondFactorStore } from './second-factor-store.ts';
import { SecondFactors } from './second-factors.ts';
import type { SignInSteps } from './sign-in-steps.ts';
import { createSimpleWebAuthnVerifier } from './simplewebauthn-verifier.ts';

/** Each step that somebody begins without a credential is a row until it expires. */
const STEPS_PER_MINUTE = 60;

/** The ways to sign in besides a password, and what people do to have them. */
export type SignInWays = {
  readonly secondFactorSignIn: SecondFactorSignIn;
  readonly secondFactors: SecondFactors;
  readonly passkeySignIn: PasskeySignIn;
  readonly passkeys: Passkeys;
  readonly identityProviders: IdentityProviders;
};

/** Where people may sign in besides, and the way there. */
export type IdentityProviderOptions = {
  readonly providers: readonly IdentityProviderSettings[];
  /** Its list of destinations has the providers' hosts. */
  readonly egress: Egress;
};

type SignInWaysParts = {
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly store: SecondFactorStore;
  readonly identities: FederatedIdentityStore;
  readonly grants: ProjectRoleGrants;
  readonly steps: SignInSteps;
  readonly sessions: LoginSessions;
  readonly secondFactorSignIn: SecondFactorSignIn;
  readonly secondFactorThrottle: GuessThrottle;
  readonly ownPassword: OwnPassword;
  readonly wrapper: SecretWrapper;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly identityProviders: IdentityProviderOptions | undefined;
};

export function createSignInWays(parts: SignInWaysParts): SignInWays {
  const shared = {
    ...parts,
    reauthentication: new Reauthentication(parts),
    verifier: createSimpleWebAuthnVerifier(),
    stepLimit: new RateLimit(parts.clock, STEPS_PER_MINUTE),
  };
  return {
    secondFactorSignIn: parts.secondFactorSignIn,
    secondFactors: new SecondFactors(shared),
    passkeySignIn: new PasskeySignIn(shared),
    passkeys: new Passkeys(shared),
    identityProviders: new IdentityProviders({
      ...shared,
      people: new FederatedPeople(parts),
      providers: providersOf(parts),
    }),
  };
}

function providersOf({ identityProviders, clock }: Pick<SignInWaysParts, 'identityProviders' | 'clock'>) {
  if (identityProviders === undefined) return [];
  const { providers, egress } = identityProviders;
  return providers.map((settings) => ({ settings, client: createOpenIdClient(settings, { egress, clock }) }));
}
