import type { AccountRole, ProjectRole } from '../core/index.ts';
import type {
  Account,
  ApiKeyRecord,
  IdentityStore,
  LoginSessionRecord,
  Membership,
  PresentedApiKey,
  SigningKeyRecord,
  User,
} from './identity-store.ts';

/** The store in memory, for tests. Runs the same conformance suite as the one in PostgreSQL. */
export class MemoryIdentityStore implements IdentityStore {
  #administrator: Membership | undefined;
  readonly #accounts = new Map<string, Account>();
  readonly #users = new Map<string, User>();
  readonly #members: (Membership & { role: AccountRole })[] = [];
  readonly #sessions = new Map<string, LoginSessionRecord>();
  readonly #apiKeys = new Map<string, ApiKeyRecord>();
  readonly #projectRoles = new Map<string, ProjectRole>();
  readonly #signingKeys: SigningKeyRecord[] = [];

  async findAdministrator(): Promise<Membership | undefined> {
    return this.#administrator;
  }

  async createFirstAccount(account: Account, owner: User): Promise<boolean> {
    if (this.#administrator !== undefined) return false;
    this.#administrator = { accountId: account.id, userId: owner.id };
    this.#accounts.set(account.id, account);
    this.#users.set(owner.id, owner);
    this.#members.push({ accountId: account.id, userId: owner.id, role: 'owner' });
    return true;
  }

  async findAccount(accountId: string): Promise<Account | undefined> {
    return this.#accounts.get(accountId);
  }

  async findUser({ accountId, userId }: Membership): Promise<User | undefined> {
    return this.#isMember(accountId, userId) ? this.#users.get(userId) : undefined;
  }

  async findUserByEmail(email: string): Promise<User | undefined> {
    return [...this.#users.values()].find((user) => user.email === email);
  }

  async findFirstMembership(userId: string): Promise<Membership | undefined> {
    const found = this.#members.find((member) => member.userId === userId);
    return found && { accountId: found.accountId, userId };
  }

  async findAccountRole({ accountId, userId }: Membership): Promise<AccountRole | undefined> {
    return this.#members.find((member) => member.accountId === accountId && member.userId === userId)?.role;
  }

  async addLoginSession(session: LoginSessionRecord): Promise<void> {
    this.#sessions.set(session.id, session);
  }

  async findLoginSession(tokenHash: string): Promise<LoginSessionRecord | undefined> {
    return [...this.#sessions.values()].find((session) => session.tokenHash === tokenHash);
  }

  async touchLoginSession({ id }: LoginSessionRecord, at: Date): Promise<void> {
    const session = this.#sessions.get(id);
    if (session) this.#sessions.set(id, { ...session, lastUsedAt: at });
  }

  async deleteLoginSession({ id }: LoginSessionRecord): Promise<void> {
    this.#sessions.delete(id);
  }

  async addApiKey(apiKey: ApiKeyRecord): Promise<void> {
    this.#apiKeys.set(apiKey.id, apiKey);
  }

  async findApiKeyByHash(keyHash: string): Promise<PresentedApiKey | undefined> {
    const apiKey = [...this.#apiKeys.values()].find((candidate) => candidate.keyHash === keyHash);
    const accountRole = apiKey && (await this.findAccountRole(apiKey));
    return accountRole && { ...apiKey, accountRole };
  }

  async findApiKey(accountId: string, id: string): Promise<ApiKeyRecord | undefined> {
    const apiKey = this.#apiKeys.get(id);
    return apiKey?.accountId === accountId ? apiKey : undefined;
  }

  async listApiKeys({ accountId, userId }: Membership): Promise<readonly ApiKeyRecord[]> {
    return [...this.#apiKeys.values()]
      .filter((apiKey) => apiKey.accountId === accountId && apiKey.userId === userId)
      .sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime() || one.id.localeCompare(other.id));
  }

  async touchApiKey({ id }: ApiKeyRecord, at: Date): Promise<void> {
    const apiKey = this.#apiKeys.get(id);
    if (apiKey) this.#apiKeys.set(id, { ...apiKey, lastUsedAt: at });
  }

  async deleteApiKey({ accountId, userId }: Membership, id: string): Promise<boolean> {
    const apiKey = this.#apiKeys.get(id);
    return apiKey?.accountId === accountId && apiKey.userId === userId && this.#apiKeys.delete(id);
  }

  async findProjectRole({ accountId, userId }: Membership, projectId: string): Promise<ProjectRole | undefined> {
    return this.#projectRoles.get(`${accountId}/${projectId}/${userId}`);
  }

  /** Only in memory: in PostgreSQL the projects room writes these rows. */
  setProjectRole({ accountId, userId }: Membership, projectId: string, role: ProjectRole): void {
    this.#projectRoles.set(`${accountId}/${projectId}/${userId}`, role);
  }

  async addSigningKey(key: SigningKeyRecord): Promise<void> {
    this.#signingKeys.push(key);
  }

  async listSigningKeys(): Promise<readonly SigningKeyRecord[]> {
    return [...this.#signingKeys].sort(
      (one, other) => one.createdAt.getTime() - other.createdAt.getTime() || one.id.localeCompare(other.id),
    );
  }

  #isMember(accountId: string, userId: string): boolean {
    return this.#members.some((member) => member.accountId === accountId && member.userId === userId);
  }
}
