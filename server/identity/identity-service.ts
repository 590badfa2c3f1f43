import type { JWK } from 'jose';
import { type AccountRole, type Actor, AppError, type Authorize, type Secret } from '../core/index.ts';
import type { ApiKeyHolder } from './credentials/access-token-issue.ts';
import type { AccessToken } from './credentials/access-tokens.ts';
import { type ApiKey, type ApiKeys, apiKeyActor, type NewApiKey } from './credentials/api-keys.ts';
import type { Tokens } from './credentials/create-tokens.ts';
import type { SigningKeyPurpose } from './credentials/credential-store.ts';
import type {
  LoginSession,
  LoginSessionEnds,
  LoginSessionInfo,
  LoginSessions,
  RequestOrigin,
} from './credentials/login-sessions.ts';
import { publicKeyOf } from './credentials/signing-keys.ts';
import { findOperator } from './members/find-operator.ts';
import type { MemberStore } from './members/member-store.ts';
import type { NewAdministrator, SetUp } from './members/set-up.ts';
import type { PasswordSignIn, PasswordSignInRequest, SignIn } from './sign-in/password-sign-in.ts';

export type Profile = {
  readonly user: {
    readonly id: string;
    readonly email: string | null;
    readonly name: string;
    readonly role: AccountRole;
  };
  readonly account: { readonly id: string; readonly name: string };
};

/** Who somebody is: set-up, signing in, and the credentials that people have of their own. */
export type IdentityService = {
  /** False until the administrator was made. */
  isSetUp(): Promise<boolean>;
  /** A token for the one-time link; undefined once the deployment is set up. It works once, for a day, and replaces an earlier one. */
  newSetupToken(): Promise<string | undefined>;
  /** Makes the first account and signs its owner in. */
  setUp(request: NewAdministrator & { readonly token: Secret }, origin: RequestOrigin): Promise<LoginSession>;
  /** Makes the first account from settings; nothing when there is one. */
  setUpUnattended(administrator: NewAdministrator): Promise<void>;
  signIn(request: PasswordSignInRequest): Promise<SignIn>;
  signOut(token: Secret): Promise<void>;
  /** When the login session ends; to ask is no use of it. */
  sessionEnds(token: Secret): Promise<LoginSessionEnds>;
  getProfile(actor: Actor): Promise<Profile>;
  /** @param isUse whether that is a person's doing, which puts the idle end of the session off; it is unless said otherwise */
  actorOfSession(token: Secret, isUse?: boolean): Promise<Actor>;
  /** @param username whose key it must be: an e-mail address or an id */
  actorOfApiKey(key: Secret, username?: string): Promise<Actor>;
  actorOfAccessToken(token: Secret): Promise<Actor>;
  /** Whom the control socket acts as: an owner of the first account. Throws `failed-precondition` before the deployment is set up. */
  administratorActor(): Promise<Actor>;
  /** The actor's own login sessions. */
  listLoginSessions(actor: Actor): Promise<readonly LoginSessionInfo[]>;
  endLoginSession(actor: Actor, id: string): Promise<void>;
  /** Signs the actor out everywhere but here. @returns how many sessions ended */
  endOtherLoginSessions(actor: Actor): Promise<number>;
  /** The actor's own API keys. */
  createApiKey(actor: Actor, request: NewApiKey): Promise<{ apiKey: ApiKey; key: Secret }>;
  listApiKeys(actor: Actor): Promise<readonly ApiKey[]>;
  rotateApiKey(actor: Actor, id: string): Promise<{ apiKey: ApiKey; key: Secret }>;
  /** Its access tokens stop working at once, too. */
  deleteApiKey(actor: Actor, id: string): Promise<void>;
  /** A token for an API key. Throws `unauthenticated` (reason `api-key-not-valid`). */
  issueAccessToken(key: Secret, holder?: ApiKeyHolder): Promise<AccessToken>;
  /** A token for a password; it dies with the login session that this begins. Refuses people who have a second factor. */
  issueAccessTokenByPassword(request: PasswordSignInRequest): Promise<AccessToken>;
  /** The public halves of the keys whose signatures are taken (RFC 7517). */
  listPublicKeys(purpose: SigningKeyPurpose): Promise<readonly JWK[]>;
  /** A new key signs from now on. Only at the control socket. @returns its id */
  rotateSigningKey(actor: Actor, purpose: SigningKeyPurpose): Promise<string>;
};

export function createIdentityService(
  parts: {
    readonly members: MemberStore;
    readonly authorize: Authorize;
    readonly setUp: SetUp;
    readonly passwordSignIn: PasswordSignIn;
    readonly sessions: LoginSessions;
    readonly apiKeys: ApiKeys;
  } & Tokens,
): IdentityService {
  const { members, authorize, setUp, passwordSignIn, sessions, apiKeys, accessTokens, accessTokenIssue } = parts;
  const { signingKeys, signingKeyRotation } = parts;
  return {
    isSetUp: () => setUp.isDone(),
    newSetupToken: () => setUp.newToken(),
    async setUp({ token, ...administrator }, origin) {
      const membership = await setUp.byToken(token, administrator);
      return sessions.begin(membership, { method: 'password', hasSecondFactor: false }, origin);
    },
    setUpUnattended: (administrator) => setUp.unattended(administrator),
    signIn: (request) => passwordSignIn.signIn(request),
    signOut: (token) => sessions.end(token),
    sessionEnds: (token) => sessions.endsOf(token),
    async getProfile(actor) {
      const [user, account] = await Promise.all([members.findMember(actor), members.findAccount(actor.accountId)]);
      if (user === undefined || account === undefined)
        throw new AppError('unauthenticated', 'You are no longer a member of this account.');
      return {
        user: { id: user.id, email: user.email, name: user.name, role: user.role },
        account: { id: account.id, name: account.name },
      };
    },
    actorOfSession: (token, isUse) => sessions.actorOf(token, isUse),
    actorOfApiKey: async (key, username) => apiKeyActor(await accessTokenIssue.recordOf(key, username), 'api-key'),
    actorOfAccessToken: (token) => accessTokens.actorOf(token),
    administratorActor: () => findOperator(members),
    async listLoginSessions(actor) {
      await authorize(actor, { action: 'manage-own-sign-in' });
      return sessions.list(actor);
    },
    async endLoginSession(actor, id) {
      await authorize(actor, { action: 'manage-own-sign-in' });
      await sessions.endById(actor, id);
    },
    async endOtherLoginSessions(actor) {
      await authorize(actor, { action: 'manage-own-sign-in' });
      return sessions.endAll(actor);
    },
    async createApiKey(actor, request) {
      await authorize(actor, { action: 'manage-api-keys' });
      return apiKeys.create(actor, actor.userId, request);
    },
    async listApiKeys(actor) {
      await authorize(actor, { action: 'manage-api-keys' });
      return apiKeys.list(actor, actor.userId);
    },
    async rotateApiKey(actor, id) {
      await authorize(actor, { action: 'manage-api-keys' });
      return apiKeys.rotate(actor, actor.userId, id);
    },
    async deleteApiKey(actor, id) {
      await authorize(actor, { action: 'manage-api-keys' });
      await apiKeys.delete(actor, actor.userId, id);
    },
    issueAccessToken: (key, holder) => accessTokenIssue.byApiKey(key, holder),
    issueAccessTokenByPassword: (request) => accessTokenIssue.byPassword(request),
    listPublicKeys: async (purpose) => (await signingKeys[purpose].list()).map(publicKeyOf),
    rotateSigningKey: (actor, purpose) => signingKeyRotation.rotate(actor, purpose),
  };
}
