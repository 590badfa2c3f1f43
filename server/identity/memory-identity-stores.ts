import { type AccountRole, AppError, type ProjectAccess } from '../core/index.ts';
import type { AccessStore } from './access/access-store.ts';
import type {
  ApiKeyRecord,
  CredentialStore,
  LoginSessionRecord,
  SigningKeyPurpose,
  SigningKeyRecord,
  WithRole,
} from './credentials/credential-store.ts';
import {
  type Account,
  endsLinks,
  type Member,
  type MemberChange,
  type MemberScope,
  type MemberStore,
  type Membership,
  type OneTimeLink,
} from './members/member-store.ts';

/** The stores in memory, for tests. They run the same conformance suites as the ones in PostgreSQL. */
export class MemoryMemberStore implements MemberStore {
  #administrator: Membership | undefined;
  readonly #accounts = new Map<string, Account>();
  readonly #members = new Map<string, Member>();
  readonly #links = new Map<string, OneTimeLink>();
  /** What goes with somebody who is removed. */
  readonly onRemoved: ((userId: string) => void)[] = [];

  async findAdministrator(): Promise<Membership | undefined> {
    return this.#administrator;
  }

  async createFirstAccount(account: Account, owner: Member): Promise<boolean> {
    if (this.#administrator !== undefined) return false;
    this.#administrator = { accountId: account.id, userId: owner.id };
    this.#accounts.set(account.id, account);
    this.#members.set(owner.id, owner);
    return true;
  }

  async addAccount(account: Account): Promise<void> {
    this.#accounts.set(account.id, account);
  }

  async findAccount(accountId: string): Promise<Account | undefined> {
    return this.#accounts.get(accountId);
  }

  async listAccounts(): Promise<readonly Account[]> {
    return [...this.#accounts.values()].sort(byTime);
  }

  async renameAccount({ accountId }: MemberScope, name: string): Promise<void> {
    const account = this.#accounts.get(accountId);
    if (account) this.#accounts.set(accountId, { ...account, name });
  }

  async removeAccount(accountId: string): Promise<boolean> {
    if (!this.#accounts.delete(accountId)) return false;
    for (const [id, link] of this.#links) if (link.accountId === accountId) this.#links.delete(id);
    for (const [userId, member] of this.#members) {
      if (member.accountId !== accountId) continue;
      this.#members.delete(userId);
      for (const forget of this.onRemoved) forget(userId);
    }
    return true;
  }

  async findMember({ accountId, userId }: Membership): Promise<Member | undefined> {
    const member = this.#members.get(userId);
    return member?.accountId === accountId ? member : undefined;
  }

  async findPeopleByEmail(email: string): Promise<readonly Member[]> {
    return [...this.#members.values()].filter((member) => member.email === email).sort(byTime);
  }

  async listMembers({ accountId }: MemberScope, kind: Member['kind']): Promise<readonly Member[]> {
    return [...this.#members.values()]
      .filter((member) => member.accountId === accountId && member.kind === kind)
      .sort((one, other) => one.name.localeCompare(other.name) || one.id.localeCompare(other.id));
  }

  async addMember(_scope: MemberScope, member: Member): Promise<void> {
    const isTaken = [...this.#members.values()].some(
      ({ accountId, email }) => accountId === member.accountId && email !== null && email === member.email,
    );
    if (isTaken) {
      throw new AppError('already-exists', 'Somebody with this e-mail address is in the account already.', {
        details: { reason: 'email-taken' },
      });
    }
    this.#members.set(member.id, member);
  }

  async changeMember(
    { accountId }: MemberScope,
    userId: string,
    change: MemberChange,
  ): Promise<{ readonly before: Member; readonly after: Member } | undefined> {
    const before = await this.findMember({ accountId, userId });
    if (before === undefined) return undefined;
    const after = { ...before, ...change };
    this.#requireOwnerBeside(before, after);
    this.#deleteLinksOf(userId, endsLinks(before, after));
    this.#members.set(userId, after);
    return { before, after };
  }

  async removeMember({ accountId }: MemberScope, userId: string): Promise<boolean> {
    const member = await this.findMember({ accountId, userId });
    if (member === undefined) return false;
    this.#requireOwnerBeside(member);
    this.#members.delete(userId);
    this.#deleteLinksOf(userId, { forThem: true, byThem: true });
    for (const forget of this.onRemoved) forget(userId);
    return true;
  }

  async addLink(_scope: MemberScope, link: OneTimeLink): Promise<void> {
    this.#links.set(link.id, link);
  }

  async findLink(tokenHash: string): Promise<OneTimeLink | undefined> {
    return [...this.#links.values()].find((link) => link.tokenHash === tokenHash);
  }

  async listLinks({ accountId }: MemberScope, purpose: OneTimeLink['purpose']): Promise<readonly OneTimeLink[]> {
    return [...this.#links.values()]
      .filter((link) => link.accountId === accountId && link.purpose === purpose)
      .sort((one, other) => byTime(other, one));
  }

  async deleteLink({ accountId }: MemberScope, id: string): Promise<boolean> {
    return this.#links.get(id)?.accountId === accountId && this.#links.delete(id);
  }

  #deleteLinksOf(userId: string, { forThem, byThem }: { forThem: boolean; byThem: boolean }): void {
    for (const [id, link] of this.#links) {
      const isForThem = link.purpose === 'password-reset' && link.userId === userId;
      if ((forThem && isForThem) || (byThem && link.createdBy === userId)) this.#links.delete(id);
    }
  }

  #requireOwnerBeside(before: Member, after?: Member): void {
    const isOwner = (member: Member | undefined) => member?.role === 'owner' && member.suspendedAt === null;
    if (!isOwner(before) || isOwner(after)) return;
    const others = [...this.#members.values()].filter(
      ({ accountId, id }) => accountId === before.accountId && id !== before.id,
    );
    if (others.some(isOwner)) return;
    throw new AppError('failed-precondition', 'This is the account’s last owner. Make somebody else an owner first.', {
      details: { reason: 'last-owner' },
    });
  }
}

export class MemoryAccessStore implements AccessStore {
  readonly #members: MemoryMemberStore;
  readonly #access = new Map<string, ProjectAccess>();

  constructor(members: MemoryMemberStore) {
    this.#members = members;
  }

  async findAccountRole(membership: Membership): Promise<AccountRole | undefined> {
    const member = await this.#members.findMember(membership);
    return member?.suspendedAt === null ? member.role : undefined;
  }

  async findProjectAccess(membership: Membership, projectId: string): Promise<ProjectAccess | undefined> {
    if ((await this.findAccountRole(membership)) === undefined) return undefined;
    return this.#access.get(accessKey(membership, projectId));
  }

  async isOperatingAccount(accountId: string): Promise<boolean> {
    return (await this.#members.findAdministrator())?.accountId === accountId;
  }

  /** Only in memory: in PostgreSQL the projects room writes these rows. */
  setProjectAccess(membership: Membership, projectId: string, access: ProjectAccess | undefined): void {
    if (access === undefined) this.#access.delete(accessKey(membership, projectId));
    else this.#access.set(accessKey(membership, projectId), access);
  }
}

export class MemoryCredentialStore implements CredentialStore {
  readonly #access: AccessStore;
  readonly #sessions = new Map<string, LoginSessionRecord>();
  readonly #apiKeys = new Map<string, ApiKeyRecord>();
  readonly #signingKeys: SigningKeyRecord[] = [];

  constructor(members: MemoryMemberStore, access: AccessStore) {
    this.#access = access;
    members.onRemoved.push((userId) => {
      for (const records of [this.#sessions, this.#apiKeys]) {
        for (const [id, record] of records) if (record.userId === userId) records.delete(id);
      }
    });
  }

  async addLoginSession(session: LoginSessionRecord): Promise<void> {
    this.#sessions.set(session.id, session);
  }

  async findLoginSession(tokenHash: string): Promise<WithRole<LoginSessionRecord> | undefined> {
    return this.#withRole([...this.#sessions.values()].find((session) => session.tokenHash === tokenHash));
  }

  async findLoginSessionById(accountId: string, id: string): Promise<WithRole<LoginSessionRecord> | undefined> {
    const session = this.#sessions.get(id);
    return session?.accountId === accountId ? this.#withRole(session) : undefined;
  }

  async listLoginSessions(membership: Membership): Promise<readonly LoginSessionRecord[]> {
    return [...this.#sessions.values()]
      .filter((session) => isOf(session, membership, membership.userId))
      .sort((one, other) => other.lastUsedAt.getTime() - one.lastUsedAt.getTime() || one.id.localeCompare(other.id));
  }

  async touchLoginSession({ id }: LoginSessionRecord, at: Date): Promise<void> {
    const session = this.#sessions.get(id);
    if (session) this.#sessions.set(id, { ...session, lastUsedAt: at });
  }

  async deleteLoginSession(membership: Membership, id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    return session !== undefined && isOf(session, membership, membership.userId) && this.#sessions.delete(id);
  }

  async deleteLoginSessions({ accountId }: Membership, ownerId: string, keepId?: string): Promise<readonly string[]> {
    const owned = await this.listLoginSessions({ accountId, userId: ownerId });
    const ended = owned.map(({ id }) => id).filter((id) => id !== keepId);
    for (const id of ended) this.#sessions.delete(id);
    return ended;
  }

  async addApiKey(_by: Membership, apiKey: ApiKeyRecord): Promise<void> {
    this.#apiKeys.set(apiKey.id, apiKey);
  }

  async findApiKeyByHash(keyHash: string): Promise<WithRole<ApiKeyRecord> | undefined> {
    return this.#withRole([...this.#apiKeys.values()].find((candidate) => candidate.keyHash === keyHash));
  }

  async findApiKeyById(accountId: string, id: string): Promise<WithRole<ApiKeyRecord> | undefined> {
    const apiKey = this.#apiKeys.get(id);
    return apiKey?.accountId === accountId ? this.#withRole(apiKey) : undefined;
  }

  async listApiKeys(by: Membership, ownerId: string): Promise<readonly ApiKeyRecord[]> {
    return [...this.#apiKeys.values()]
      .filter((apiKey) => isOf(apiKey, by, ownerId))
      .sort((one, other) => byTime(other, one) || one.id.localeCompare(other.id));
  }

  async touchApiKey({ id }: ApiKeyRecord, at: Date): Promise<void> {
    const apiKey = this.#apiKeys.get(id);
    if (apiKey) this.#apiKeys.set(id, { ...apiKey, lastUsedAt: at });
  }

  async replaceApiKeySecret(
    by: Membership,
    ownerId: string,
    id: string,
    secret: { readonly keyHash: string; readonly prefix: string },
  ): Promise<boolean> {
    const apiKey = this.#apiKeys.get(id);
    if (apiKey === undefined || !isOf(apiKey, by, ownerId)) return false;
    this.#apiKeys.set(id, { ...apiKey, ...secret, lastUsedAt: null });
    return true;
  }

  async deleteApiKey(by: Membership, ownerId: string, id: string): Promise<boolean> {
    const apiKey = this.#apiKeys.get(id);
    return apiKey !== undefined && isOf(apiKey, by, ownerId) && this.#apiKeys.delete(id);
  }

  async addSigningKey(key: SigningKeyRecord, retireOthersAt?: Date): Promise<void> {
    for (const [index, other] of this.#signingKeys.entries()) {
      if (retireOthersAt !== undefined && other.purpose === key.purpose && other.retiresAt === null)
        this.#signingKeys[index] = { ...other, retiresAt: retireOthersAt };
    }
    this.#signingKeys.push(key);
  }

  async listSigningKeys(purpose: SigningKeyPurpose): Promise<readonly SigningKeyRecord[]> {
    return this.#signingKeys.filter((key) => key.purpose === purpose).sort(byTime);
  }

  async deleteRetiredSigningKeys(before: Date): Promise<void> {
    const kept = this.#signingKeys.filter(({ retiresAt }) => retiresAt === null || retiresAt >= before);
    this.#signingKeys.splice(0, this.#signingKeys.length, ...kept);
  }

  async #withRole<T extends Membership>(record: T | undefined): Promise<WithRole<T> | undefined> {
    const accountRole = record && (await this.#access.findAccountRole(record));
    return record && accountRole && { ...record, accountRole };
  }
}

function accessKey({ accountId, userId }: Membership, projectId: string): string {
  return `${accountId}/${projectId}/${userId}`;
}

function isOf(record: Membership, by: Membership, ownerId: string): boolean {
  return record.accountId === by.accountId && record.userId === ownerId;
}

function byTime(one: { createdAt: Date; id: string }, other: { createdAt: Date; id: string }): number {
  return one.createdAt.getTime() - other.createdAt.getTime() || one.id.localeCompare(other.id);
}
