export type { AccessToken, SecretWrapper } from './access-tokens.ts';
export { API_KEY_PREFIX, type ApiKey, type NewApiKey } from './api-keys.ts';
export { type IdentityConfig, identityConfig } from './config.ts';
export { createIdentity, type Identity } from './create-identity.ts';
export type { IdentityService, Profile } from './identity-service.ts';
export type { LoginSession, LoginSessionInfo, RequestOrigin } from './login-sessions.ts';
export type { SignIn } from './password-sign-in.ts';
export { accountPermissions, projectPermissions } from './permissions.ts';
export type { NewAdministrator } from './set-up.ts';
