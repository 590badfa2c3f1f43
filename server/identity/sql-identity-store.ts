import type { Selectable } from 'kysely';
import type { ProjectRole } from '../core/index.ts';
import type { Database, Tables } from '../database/index.ts';
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

/** The store in PostgreSQL. Which rows a query sees is decided by the policies of the tables, see the database room. */
export class SqlIdentityStore implements IdentityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findAdministrator(): Promise<Membership | undefined> {
    return this.#database.inDeployment(async (transaction) => {
      const row = await transaction.selectFrom('deployment').selectAll().executeTakeFirst();
      if (!row?.administrator_account_id || !row.administrator_user_id) return undefined;
      return { accountId: row.administrator_account_id, userId: row.administrator_user_id };
    });
  }

  createFirstAccount(account: Account, owner: User): Promise<boolean> {
    return this.#database.inAccount({ accountId: account.id, userId: owner.id }, async (transaction) => {
      // The row lock of this update makes racing callers wait, and then find it set up.
      const { numUpdatedRows } = await transaction
        .updateTable('deployment')
        .set({ set_up_at: account.createdAt, administrator_account_id: account.id, administrator_user_id: owner.id })
        .where('set_up_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await transaction
        .insertInto('accounts')
        .values({ id: account.id, name: account.name, created_at: account.createdAt })
        .execute();
      await transaction
        .insertInto('users')
        .values({
          id: owner.id,
          email: owner.email,
          name: owner.name,
          password_hash: owner.passwordHash,
          created_at: owner.createdAt,
        })
        .execute();
      await transaction
        .insertInto('account_members')
        .values({ account_id: account.id, user_id: owner.id, role: 'owner', created_at: account.createdAt })
        .execute();
      return true;
    });
  }

  findAccount(accountId: string): Promise<Account | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const row = await transaction.selectFrom('accounts').selectAll().where('id', '=', accountId).executeTakeFirst();
      return row && { id: row.id, name: row.name, createdAt: row.created_at };
    });
  }

  findUser(membership: Membership): Promise<User | undefined> {
    return this.#database.inAccount(membership, async (transaction) => {
      const row = await transaction
        .selectFrom('users')
        .selectAll()
        .where('id', '=', membership.userId)
        .executeTakeFirst();
      return row && toUser(row);
    });
  }

  findUserByEmail(email: string): Promise<User | undefined> {
    return this.#database.withPresented(email, async (transaction) => {
      const row = await transaction.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
      return row && toUser(row);
    });
  }

  findFirstMembership(userId: string): Promise<Membership | undefined> {
    return this.#database.asUser(userId, async (transaction) => {
      const row = await transaction
        .selectFrom('account_members')
        .select('account_id')
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .orderBy('account_id')
        .executeTakeFirst();
      return row && { accountId: row.account_id, userId };
    });
  }

  findAccountRole(membership: Membership) {
    return this.#database.inAccount(membership, async (transaction) => {
      const row = await transaction
        .selectFrom('account_members')
        .select('role')
        .where('account_id', '=', membership.accountId)
        .where('user_id', '=', membership.userId)
        .executeTakeFirst();
      return row?.role;
    });
  }

  async addLoginSession(session: LoginSessionRecord): Promise<void> {
    await this.#database.inAccount(session, (transaction) =>
      transaction
        .insertInto('login_sessions')
        .values({
          id: session.id,
          account_id: session.accountId,
          user_id: session.userId,
          token_hash: session.tokenHash,
          created_at: session.createdAt,
          last_used_at: session.lastUsedAt,
          expires_at: session.expiresAt,
        })
        .execute(),
    );
  }

  findLoginSession(tokenHash: string): Promise<LoginSessionRecord | undefined> {
    return this.#database.withPresented(tokenHash, async (transaction) => {
      const row = await transaction
        .selectFrom('login_sessions')
        .selectAll()
        .where('token_hash', '=', tokenHash)
        .executeTakeFirst();
      return row && toLoginSession(row);
    });
  }

  async touchLoginSession(session: LoginSessionRecord, at: Date): Promise<void> {
    await this.#database.inAccount(session, (transaction) =>
      transaction.updateTable('login_sessions').set({ last_used_at: at }).where('id', '=', session.id).execute(),
    );
  }

  async deleteLoginSession(session: LoginSessionRecord): Promise<void> {
    await this.#database.inAccount(session, (transaction) =>
      transaction.deleteFrom('login_sessions').where('id', '=', session.id).execute(),
    );
  }

  async addApiKey(apiKey: ApiKeyRecord): Promise<void> {
    await this.#database.inAccount(apiKey, (transaction) =>
      transaction
        .insertInto('api_keys')
        .values({
          id: apiKey.id,
          account_id: apiKey.accountId,
          user_id: apiKey.userId,
          name: apiKey.name,
          prefix: apiKey.prefix,
          key_hash: apiKey.keyHash,
          created_at: apiKey.createdAt,
          last_used_at: apiKey.lastUsedAt,
        })
        .execute(),
    );
  }

  findApiKeyByHash(keyHash: string): Promise<PresentedApiKey | undefined> {
    return this.#database.withPresented(keyHash, async (transaction) => {
      const row = await transaction
        .selectFrom('api_keys')
        .innerJoin('account_members', (join) =>
          join
            .onRef('account_members.account_id', '=', 'api_keys.account_id')
            .onRef('account_members.user_id', '=', 'api_keys.user_id'),
        )
        .selectAll('api_keys')
        .select('account_members.role')
        .where('key_hash', '=', keyHash)
        .executeTakeFirst();
      return row && { ...toApiKey(row), accountRole: row.role };
    });
  }

  findApiKey(accountId: string, id: string): Promise<ApiKeyRecord | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const row = await transaction.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toApiKey(row);
    });
  }

  listApiKeys(membership: Membership): Promise<readonly ApiKeyRecord[]> {
    return this.#database.inAccount(membership, async (transaction) => {
      const rows = await transaction
        .selectFrom('api_keys')
        .selectAll()
        .where('user_id', '=', membership.userId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(toApiKey);
    });
  }

  async touchApiKey(apiKey: ApiKeyRecord, at: Date): Promise<void> {
    await this.#database.inAccount(apiKey, (transaction) =>
      transaction.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', apiKey.id).execute(),
    );
  }

  deleteApiKey(membership: Membership, id: string): Promise<boolean> {
    return this.#database.inAccount(membership, async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('api_keys')
        .where('id', '=', id)
        .where('user_id', '=', membership.userId)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  findProjectRole(membership: Membership, projectId: string): Promise<ProjectRole | undefined> {
    return this.#database.inAccount(membership, async (transaction) => {
      const row = await transaction
        .selectFrom('project_members')
        .select('role')
        .where('project_id', '=', projectId)
        .where('user_id', '=', membership.userId)
        .executeTakeFirst();
      return row?.role;
    });
  }

  async addSigningKey(key: SigningKeyRecord): Promise<void> {
    await this.#database.inDeployment((transaction) =>
      transaction
        .insertInto('signing_keys')
        .values({
          id: key.id,
          public_jwk: JSON.stringify(key.publicJwk),
          wrapped_private_key: Buffer.from(key.wrappedPrivateKey),
          created_at: key.createdAt,
        })
        .execute(),
    );
  }

  listSigningKeys(): Promise<readonly SigningKeyRecord[]> {
    return this.#database.inDeployment(async (transaction) => {
      const rows = await transaction
        .selectFrom('signing_keys')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        publicJwk: row.public_jwk,
        wrappedPrivateKey: row.wrapped_private_key,
        createdAt: row.created_at,
      }));
    });
  }
}

function toUser(row: Selectable<Tables['users']>): User {
  return { id: row.id, email: row.email, name: row.name, passwordHash: row.password_hash, createdAt: row.created_at };
}

function toLoginSession(row: Selectable<Tables['login_sessions']>): LoginSessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    tokenHash: row.token_hash,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  };
}

function toApiKey(row: Selectable<Tables['api_keys']>): ApiKeyRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    keyHash: row.key_hash,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
