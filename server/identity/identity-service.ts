import { type Actor, AppError, type Authorize, type Secret } from '../core/index.ts';
import type { AccessToken, AccessTokens } from './access-tokens.ts';
import type { ApiKey, ApiKeys } from './api-keys.ts';
import type { IdentityStore } from './identity-store.ts';
import type { LoginSession, LoginSessions } from './login-sessions.ts';
import type { NewAdministrator, SetUp } from './set-up.ts';

export type Profile = {
  readonly user: { readonly id: string; readonly email: string; readonly name: string };
  readonly account: { readonly id: string; readonly name: string };
};

/** Who people are, as the rest of the system asks it. */
export type IdentityService = {
  /** False until the administrator was made. */
  isSetUp(): Promise<boolean>;
  /** A token for the one-time link; undefined once the deployment is set up. It works once, for a day, and replaces an earlier one. */
  newSetupToken(): Promise<string | undefined>;
  /** Makes the first account and signs its owner in. */
  setUp(request: NewAdministrator & { readonly token: Secret }): Promise<LoginSession>;
  /** Makes the first account from settings; nothing when there is one. */
  setUpUnattended(administrator: NewAdministrator): Promise<void>;
  signIn(request: {
    readonly email: string;
    readonly password: Secret;
    readonly address: string;
  }): Promise<LoginSession>;
  signOut(token: Secret): Promise<void>;
  /** When the login session ends if nobody uses it any more. */
  sessionExpiry(token: Secret): Promise<Date>;
  getProfile(actor: Actor): Promise<Profile>;
  actorOfSession(token: Secret): Promise<Actor>;
  actorOfApiKey(key: Secret): Promise<Actor>;
  actorOfAccessToken(token: Secret): Promise<Actor>;
  /** Whom the control socket acts as: the first owner. Throws `failed-precondition` before the deployment is set up. */
  administratorActor(): Promise<Actor>;
  createApiKey(actor: Actor, request: { readonly name: string }): Promise<{ apiKey: ApiKey; key: Secret }>;
  listApiKeys(actor: Actor): Promise<readonly ApiKey[]>;
  /** Its access tokens stop working at once, too. */
  deleteApiKey(actor: Actor, id: string): Promise<void>;
  issueAccessToken(key: Secret): Promise<AccessToken>;
};

export function createIdentityService(parts: {
  readonly store: IdentityStore;
  readonly authorize: Authorize;
  readonly setUp: SetUp;
  readonly sessions: LoginSessions;
  readonly apiKeys: ApiKeys;
  readonly accessTokens: AccessTokens;
}): IdentityService {
  const { store, authorize, setUp, sessions, apiKeys, accessTokens } = parts;
  return {
    isSetUp: () => setUp.isDone(),
    newSetupToken: () => setUp.newToken(),
    setUp: async ({ token, ...administrator }) => sessions.begin(await setUp.byToken(token, administrator)),
    setUpUnattended: (administrator) => setUp.unattended(administrator),
    signIn: ({ email, password, address }) => sessions.signIn(email, password, address),
    signOut: (token) => sessions.end(token),
    sessionExpiry: (token) => sessions.expiryOf(token),
    async getProfile(actor) {
      const [user, account] = await Promise.all([store.findUser(actor), store.findAccount(actor.accountId)]);
      if (user === undefined || account === undefined)
        throw new AppError('unauthenticated', 'You are no longer a member of this account.');
      return {
        user: { id: user.id, email: user.email, name: user.name },
        account: { id: account.id, name: account.name },
      };
    },
    actorOfSession: (token) => sessions.actorOf(token),
    async actorOfApiKey(key) {
      const { accountId, userId, accountRole } = await apiKeys.recordOf(key);
      return { accountId, userId, accountRole, via: 'api-key' };
    },
    actorOfAccessToken: (token) => accessTokens.actorOf(token),
    async administratorActor() {
      const administrator = await store.findAdministrator();
      if (administrator === undefined) {
        throw new AppError(
          'failed-precondition',
          'There is no administrator yet. Open the one-time link that the server printed when it started.',
        );
      }
      return { ...administrator, via: 'control-socket' };
    },
    async createApiKey(actor, { name }) {
      await authorize(actor, { action: 'manage-api-keys' });
      return apiKeys.create(actor, name);
    },
    async listApiKeys(actor) {
      await authorize(actor, { action: 'manage-api-keys' });
      return apiKeys.list(actor);
    },
    async deleteApiKey(actor, id) {
      await authorize(actor, { action: 'manage-api-keys' });
      await apiKeys.delete(actor, id);
    },
    issueAccessToken: async (key) => accessTokens.issue(await apiKeys.recordOf(key)),
  };
}
