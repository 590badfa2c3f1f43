import type { AccountRole, CredentialScope } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';

export type SignInMethod = 'password' | 'passkey' | 'identity-provider';

export type LoginSessionRecord = Membership & {
  readonly id: string;
  readonly tokenHash: string;
  readonly method: SignInMethod;
  readonly hasSecondFactor: boolean;
  readonly address: string | null;
  /** From a closed list, for example "Firefox on Linux". */
  readonly browser: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
};

export type ApiKeyRecord = Membership & {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly keyHash: string;
  readonly scope: CredentialScope;
  /** Who made it: for a service ID's key, an administrator. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
};

/** A credential with the role of its owner in the account. */
export type WithRole<T> = T & { readonly accountRole: AccountRole };

export type SigningKeyPurpose = 'access-token' | 'audit';

export type SigningKeyRecord = {
  readonly id: string;
  readonly purpose: SigningKeyPurpose;
  readonly publicJwk: object;
  readonly wrappedPrivateKey: Uint8Array;
  readonly createdAt: Date;
  /** Not null: it signs nothing any more, and what it signed is taken until then. */
  readonly retiresAt: Date | null;
};

/**
 * Port: login sessions, API keys and signing keys. `find…` gives undefined when there is nothing; hashes are compared exactly. Credentials
 * of somebody who is suspended, or gone, are not found. Methods that take a membership touch only what is that member's own.
 */
export type CredentialStore = {
  addLoginSession(session: LoginSessionRecord): Promise<void>;
  findLoginSession(tokenHash: string): Promise<WithRole<LoginSessionRecord> | undefined>;
  /** Undefined when it is not (any more) a session of that account. For access tokens, which name it. */
  findLoginSessionById(accountId: string, id: string): Promise<WithRole<LoginSessionRecord> | undefined>;
  /** Last used first. */
  listLoginSessions(membership: Membership): Promise<readonly LoginSessionRecord[]>;
  touchLoginSession(session: LoginSessionRecord, at: Date): Promise<void>;
  /** True if there was one. */
  deleteLoginSession(membership: Membership, id: string): Promise<boolean>;
  /** @param by who asks @param keepId one that stays @returns the ids of those that were ended */
  deleteLoginSessions(by: Membership, ownerId: string, keepId?: string): Promise<readonly string[]>;

  addApiKey(by: Membership, apiKey: ApiKeyRecord): Promise<void>;
  findApiKeyByHash(keyHash: string): Promise<WithRole<ApiKeyRecord> | undefined>;
  findApiKeyById(accountId: string, id: string): Promise<WithRole<ApiKeyRecord> | undefined>;
  /** Newest first. @param by who asks */
  listApiKeys(by: Membership, ownerId: string): Promise<readonly ApiKeyRecord[]>;
  touchApiKey(apiKey: ApiKeyRecord, at: Date): Promise<void>;
  /** Gives the key another secret: the old one stops working at once. False when the owner has no such key. */
  replaceApiKeySecret(
    by: Membership,
    ownerId: string,
    id: string,
    secret: { readonly keyHash: string; readonly prefix: string },
  ): Promise<boolean>;
  /** True if the owner had such a key. */
  deleteApiKey(by: Membership, ownerId: string, id: string): Promise<boolean>;

  /** @param retireOthersAt when the other keys of its purpose stop being taken; they sign nothing from now on */
  addSigningKey(key: SigningKeyRecord, retireOthersAt?: Date): Promise<void>;
  /** Oldest first, so that servers that made one each at the same moment agree on which they use. */
  listSigningKeys(purpose: SigningKeyPurpose): Promise<readonly SigningKeyRecord[]>;
  /** Deletes keys that retired before that time. */
  deleteRetiredSigningKeys(before: Date): Promise<void>;
};
