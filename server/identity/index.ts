export type { ApiKeyHolder } from './access-token-issue.ts';
export type { AccessToken } from './access-tokens.ts';
export type { AccountDataOwner } from './account-data-owner.ts';
export type { AccountsService } from './accounts-service.ts';
export { API_KEY_PREFIX, type ApiKey, type NewApiKey } from './api-keys.ts';
export { type IdentityConfig, identityConfig } from './config.ts';
export { createIdentity, type Identity } from './create-identity.ts';
export type { SignInWays } from './create-sign-in-ways.ts';
export type { SigningKeyPurpose } from './credential-store.ts';
export {
  type IdentityProviderSettings,
  identityProviderHosts,
  identityProvidersConfig,
} from './identity-provider-config.ts';
export type { IdentityProviders } from './identity-providers.ts';
export type { IdentityService, Profile } from './identity-service.ts';
export { createCheckpointSigner } from './jose-checkpoint-signer.ts';
export type { LoginSession, LoginSessionInfo, RequestOrigin } from './login-sessions.ts';
export type { Account } from './member-store.ts';
export { createNodemailerMailer, type MailServer, mailDestination, readMailServer } from './nodemailer-mailer.ts';
export type { Passkey, PasskeyStep } from './passkeys.ts';
export type { SignIn } from './password-sign-in.ts';
export type { LinkPurpose } from './people-link-use.ts';
export type { CreatedLink, Invitation } from './people-links.ts';
export type { PeopleService, Person } from './people-service.ts';
export { accountPermissions, projectPermissions } from './permissions.ts';
export type { OwnProfile, ProfileService } from './profile-service.ts';
export type { SecretWrapper } from './secret-wrapper.ts';
export type { ServiceId, ServiceIdChange, ServiceIdsService } from './service-ids-service.ts';
export type { NewAdministrator } from './set-up.ts';
