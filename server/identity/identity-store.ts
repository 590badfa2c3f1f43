import type { AccountRole, ProjectRole } from '../core/index.ts';

export type Account = { readonly id: string; readonly name: string; readonly createdAt: Date };
export type User = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly createdAt: Date;
};
export type Membership = { readonly accountId: string; readonly userId: string };

export type LoginSessionRecord = Membership & {
  readonly id: string;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
};

export type ApiKeyRecord = Membership & {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly keyHash: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
};

/** An API key with the role of its owner in the account. */
export type PresentedApiKey = ApiKeyRecord & { readonly accountRole: AccountRole };

export type SigningKeyRecord = {
  readonly id: string;
  readonly publicJwk: object;
  readonly wrappedPrivateKey: Uint8Array;
  readonly createdAt: Date;
};

/**
 * Port: what identity keeps. `find…` gives undefined when there is nothing, or nothing that the caller may see; hashes are compared
 * exactly. Every method is one transaction.
 */
export type IdentityStore = {
  /** The administrator of the deployment, once it is set up. */
  findAdministrator(): Promise<Membership | undefined>;
  /** Makes the first account with its owner and marks the deployment as set up. Of several callers at once exactly one gets true; the others change nothing. */
  createFirstAccount(account: Account, owner: User): Promise<boolean>;
  findAccount(accountId: string): Promise<Account | undefined>;
  findUser(membership: Membership): Promise<User | undefined>;
  /** @param email in lower case */
  findUserByEmail(email: string): Promise<User | undefined>;
  /** The account that the user joined first. */
  findFirstMembership(userId: string): Promise<Membership | undefined>;
  findAccountRole(membership: Membership): Promise<AccountRole | undefined>;

  addLoginSession(session: LoginSessionRecord): Promise<void>;
  findLoginSession(tokenHash: string): Promise<LoginSessionRecord | undefined>;
  touchLoginSession(session: LoginSessionRecord, at: Date): Promise<void>;
  /** No error when it is gone already. */
  deleteLoginSession(session: LoginSessionRecord): Promise<void>;

  addApiKey(apiKey: ApiKeyRecord): Promise<void>;
  /** Undefined also for a key whose owner is no longer a member of its account. */
  findApiKeyByHash(keyHash: string): Promise<PresentedApiKey | undefined>;
  findApiKey(accountId: string, id: string): Promise<ApiKeyRecord | undefined>;
  /** Newest first. */
  listApiKeys(membership: Membership): Promise<readonly ApiKeyRecord[]>;
  touchApiKey(apiKey: ApiKeyRecord, at: Date): Promise<void>;
  /** True if the user had such a key. */
  deleteApiKey(membership: Membership, id: string): Promise<boolean>;

  findProjectRole(membership: Membership, projectId: string): Promise<ProjectRole | undefined>;

  addSigningKey(key: SigningKeyRecord): Promise<void>;
  /** Oldest first, so that servers that made one each at the same moment agree on which they use. */
  listSigningKeys(): Promise<readonly SigningKeyRecord[]>;
};
