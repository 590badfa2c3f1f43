import type { Audit } from '../../audit/index.ts';
import { AppError, type Secret } from '../../core/index.ts';
import type { MemberStore } from '../members/member-store.ts';
import type { PasswordSignIn, PasswordSignInRequest } from '../sign-in/password-sign-in.ts';
import type { AccessToken, AccessTokens } from './access-tokens.ts';
import { type ApiKeys, apiKeyActor, apiKeyNotValid } from './api-keys.ts';
import type { ApiKeyRecord, WithRole } from './credential-store.ts';

/** Who says that an API key is theirs. */
export type ApiKeyHolder = {
  /** Whose key the caller says it is: the person's e-mail address, or the id of the person or the service ID. */
  readonly username?: string;
  readonly address?: string;
};

/** Gives out access tokens, for an API key or for a password. */
export class AccessTokenIssue {
  readonly #tokens: AccessTokens;
  readonly #apiKeys: ApiKeys;
  readonly #members: Pick<MemberStore, 'findMember'>;
  readonly #signIn: Pick<PasswordSignIn, 'signIn'>;
  readonly #audit: Pick<Audit, 'record'>;

  constructor(options: {
    tokens: AccessTokens;
    apiKeys: ApiKeys;
    members: Pick<MemberStore, 'findMember'>;
    signIn: Pick<PasswordSignIn, 'signIn'>;
    audit: Pick<Audit, 'record'>;
  }) {
    this.#tokens = options.tokens;
    this.#apiKeys = options.apiKeys;
    this.#members = options.members;
    this.#signIn = options.signIn;
    this.#audit = options.audit;
  }

  /** @throws AppError `unauthenticated`, reason `api-key-not-valid`, also for the key of somebody else than the caller says. */
  async byApiKey(key: Secret, { username, address }: ApiKeyHolder = {}): Promise<AccessToken> {
    const record = await this.recordOf(key, username);
    const token = await this.#tokens.ofApiKey(record);
    const actor = { ...apiKeyActor(record, 'api-key'), ...(address === undefined ? {} : { address }) };
    await this.#audit.record(actor, { action: 'access-token.issue', target: { type: 'api-key', id: record.id } });
    return token;
  }

  /** The key's record. @param username whose it must be */
  async recordOf(key: Secret, username?: string): Promise<WithRole<ApiKeyRecord>> {
    const record = await this.#apiKeys.recordOf(key);
    if (username !== undefined && !(await this.#isNamed(record, username))) throw apiKeyNotValid();
    return record;
  }

  /**
   * Signs somebody in, and gives a token that lives as long as that login session at most.
   * @throws AppError as signing in; `permission-denied` where a password by itself signs nobody in.
   */
  async byPassword(request: PasswordSignInRequest): Promise<AccessToken> {
    const signIn = await this.#signIn.signIn(request);
    if (signIn.state === 'second-factor') {
      throw new AppError(
        'permission-denied',
        'You sign in with a second factor, which this way of asking for a token has no place for. Send an API key as api_key instead of the password.',
        { details: { reason: 'api-key-needed' } },
      );
    }
    if (signIn.state === 'account-choice') {
      throw new AppError(
        'failed-precondition',
        'This address and password open several accounts. Name the one that you mean as account_id.',
        { details: { reason: 'account-needed' } },
      );
    }
    const token = await this.#tokens.ofLoginSession(signIn.session);
    const { actor } = signIn.session;
    await this.#audit.record(actor, {
      action: 'access-token.issue',
      target: { type: 'login-session', ...(actor.credentialId === undefined ? {} : { id: actor.credentialId }) },
      details: { method: 'password' },
    });
    return token;
  }

  async #isNamed({ accountId, userId }: ApiKeyRecord, username: string): Promise<boolean> {
    const name = username.trim().toLowerCase();
    if (name === userId) return true;
    return (await this.#members.findMember({ accountId, userId }))?.email === name;
  }
}
