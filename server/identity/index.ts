export { accountPermissions, projectPermissions } from './access/permissions.ts';
export { type IdentityConfig, identityConfig } from './config.ts';
export { createIdentity, type Identity } from './create-identity.ts';
export type { ApiKeyHolder } from './credentials/access-token-issue.ts';
export type { AccessToken } from './credentials/access-tokens.ts';
export { API_KEY_PREFIX, type ApiKey, type NewApiKey } from './credentials/api-keys.ts';
export type { SigningKeyPurpose } from './credentials/credential-store.ts';
export { createCheckpointSigner } from './credentials/jose-checkpoint-signer.ts';
export type { LoginSession, LoginSessionEnds, LoginSessionInfo, RequestOrigin } from './credentials/login-sessions.ts';
export type { SecretWrapper } from './credentials/secret-wrapper.ts';
export {
  type IdentityProviderSettings,
  identityProviderHosts,
  identityProvidersConfig,
} from './identity-providers/identity-provider-config.ts';
export type { IdentityProviders } from './identity-providers/identity-providers.ts';
export type { IdentityService, Profile } from './identity-service.ts';
export type { AccountDataOwner } from './members/account-data-owner.ts';
export type { AccountsService } from './members/accounts-service.ts';
export type { Account } from './members/member-store.ts';
export {
  createNodemailerMailer,
  type MailServer,
  mailDestination,
  readMailServer,
} from './members/nodemailer-mailer.ts';
export type { LinkPurpose } from './members/people-link-use.ts';
export type { CreatedLink, Invitation } from './members/people-links.ts';
export type { PeopleService, Person } from './members/people-service.ts';
export type { OwnProfile, ProfileService } from './members/profile-service.ts';
export type { ServiceId, ServiceIdChange, ServiceIdsService } from './members/service-ids-service.ts';
export type { NewAdministrator } from './members/set-up.ts';
export type { SignInWays } from './sign-in/create-sign-in-ways.ts';
export type { Passkey, PasskeyStep } from './sign-in/passkeys.ts';
export { MIN_PASSWORD_CHARACTERS } from './sign-in/password.ts';
export type { SignIn } from './sign-in/password-sign-in.ts';
