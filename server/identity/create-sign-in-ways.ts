import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock } from '../core/index.ts';
import type { CredentialStore } from './credential-store.ts';
import type { LoginSessions } from './login-sessions.ts';
import type { MemberStore } from './member-store.ts';
import { PasskeySignIn } from './passkey-sign-in.ts';
import { Passkeys } from './passkeys.ts';
import type { PasswordSignIn } from './password-sign-in.ts';
import { Reauthentication } from './reauthentication.ts';
import type { SecondFactorSignIn } from './second-factor-sign-in.ts';
import type { SecondFactorStore } from './second-factor-store.ts';
import { SecondFactors } from './second-factors.ts';
import type { SecretWrapper } from './secret-wrapper.ts';
import type { SignInSteps } from './sign-in-steps.ts';
import { createSimpleWebAuthnVerifier } from './simplewebauthn-verifier.ts';

/** The ways to sign in besides a password, and what people do to have them. */
export type SignInWays = {
  readonly secondFactorSignIn: SecondFactorSignIn;
  readonly secondFactors: SecondFactors;
  readonly passkeySignIn: PasskeySignIn;
  readonly passkeys: Passkeys;
};

export function createSignInWays(parts: {
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly store: SecondFactorStore;
  readonly steps: SignInSteps;
  readonly sessions: LoginSessions;
  readonly secondFactorSignIn: SecondFactorSignIn;
  readonly passwordSignIn: PasswordSignIn;
  readonly wrapper: SecretWrapper;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
}): SignInWays {
  const shared = { ...parts, reauthentication: new Reauthentication(parts), verifier: createSimpleWebAuthnVerifier() };
  return {
    secondFactorSignIn: parts.secondFactorSignIn,
    secondFactors: new SecondFactors(shared),
    passkeySignIn: new PasskeySignIn(shared),
    passkeys: new Passkeys(shared),
  };
}
