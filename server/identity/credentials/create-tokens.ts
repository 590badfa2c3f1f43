import type { Audit } from '../../audit/index.ts';
import type { Clock, Logger } from '../../core/index.ts';
import type { MemberStore } from '../members/member-store.ts';
import type { PasswordSignIn } from '../sign-in/password-sign-in.ts';
import { AccessTokenIssue } from './access-token-issue.ts';
import { AccessTokens } from './access-tokens.ts';
import type { ApiKeys } from './api-keys.ts';
import type { CredentialStore, SigningKeyPurpose } from './credential-store.ts';
import type { LoginSessions } from './login-sessions.ts';
import type { SecretWrapper } from './secret-wrapper.ts';
import { SigningKeyRotation } from './signing-key-rotation.ts';
import { SigningKeys } from './signing-keys.ts';

/** Access tokens, and the keys that they are signed with. */
export type Tokens = {
  readonly accessTokens: AccessTokens;
  readonly accessTokenIssue: AccessTokenIssue;
  readonly signingKeys: Readonly<Record<SigningKeyPurpose, SigningKeys>>;
  readonly signingKeyRotation: SigningKeyRotation;
};

export function createTokens(parts: {
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly apiKeys: ApiKeys;
  readonly sessions: LoginSessions;
  readonly passwordSignIn: PasswordSignIn;
  readonly wrapper: SecretWrapper;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: { readonly accessTokenSeconds: number; readonly signingKeyDays: number };
}): Tokens {
  const { members, credentials: store, apiKeys, sessions, wrapper, audit, clock, logger, settings } = parts;
  const signingKeys = {
    'access-token': new SigningKeys({ store, wrapper, clock, purpose: 'access-token' }),
    audit: new SigningKeys({ store, wrapper, clock, purpose: 'audit' }),
  };
  const accessTokens = new AccessTokens({
    keys: signingKeys['access-token'],
    apiKeys,
    sessions,
    clock,
    lifetimeSeconds: settings.accessTokenSeconds,
  });
  return {
    accessTokens,
    accessTokenIssue: new AccessTokenIssue({
      tokens: accessTokens,
      apiKeys,
      members,
      signIn: parts.passwordSignIn,
      audit,
    }),
    signingKeys,
    signingKeyRotation: new SigningKeyRotation({ keys: signingKeys, store, audit, clock, logger, settings }),
  };
}
