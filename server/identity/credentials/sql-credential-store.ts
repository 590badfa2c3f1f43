import type { Selectable } from 'kysely';
import type { CredentialScope } from '../../core/index.ts';
import type { Database, DatabaseTransaction, Tables } from '../../database/index.ts';
import type { Membership } from '../members/member-store.ts';
import type {
  ApiKeyRecord,
  CredentialStore,
  LoginSessionRecord,
  SigningKeyPurpose,
  SigningKeyRecord,
  WithRole,
} from './credential-store.ts';

/** The store in PostgreSQL. Which rows a query sees is decided by the policies of the tables, see the database room. */
export class SqlCredentialStore implements CredentialStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async addLoginSession(session: LoginSessionRecord): Promise<void> {
    await this.#database.inAccount(scopeOf(session), (transaction) =>
      transaction
        .insertInto('login_sessions')
        .values({
          id: session.id,
          account_id: session.accountId,
          user_id: session.userId,
          token_hash: session.tokenHash,
          method: session.method,
          has_second_factor: session.hasSecondFactor,
          address: session.address,
          browser: session.browser,
          created_at: session.createdAt,
          last_used_at: session.lastUsedAt,
          expires_at: session.expiresAt,
        })
        .execute(),
    );
  }

  findLoginSession(tokenHash: string): Promise<WithRole<LoginSessionRecord> | undefined> {
    return this.#database.withPresented(tokenHash, async (transaction) => {
      const row = await sessionsOf(transaction).where('token_hash', '=', tokenHash).executeTakeFirst();
      return row && { ...toLoginSession(row), accountRole: row.role };
    });
  }

  findLoginSessionById(accountId: string, id: string): Promise<WithRole<LoginSessionRecord> | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const row = await sessionsOf(transaction).where('login_sessions.id', '=', id).executeTakeFirst();
      return row && { ...toLoginSession(row), accountRole: row.role };
    });
  }

  listLoginSessions(membership: Membership): Promise<readonly LoginSessionRecord[]> {
    return this.#database.inAccount(scopeOf(membership), async (transaction) => {
      const rows = await transaction
        .selectFrom('login_sessions')
        .selectAll()
        .where('user_id', '=', membership.userId)
        .orderBy('last_used_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(toLoginSession);
    });
  }

  async touchLoginSession(session: LoginSessionRecord, at: Date): Promise<void> {
    await this.#database.inAccount(scopeOf(session), (transaction) =>
      transaction.updateTable('login_sessions').set({ last_used_at: at }).where('id', '=', session.id).execute(),
    );
  }

  deleteLoginSession(membership: Membership, id: string): Promise<boolean> {
    return this.#database.inAccount(scopeOf(membership), async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('login_sessions')
        .where('user_id', '=', membership.userId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  deleteLoginSessions(by: Membership, ownerId: string, keepId?: string): Promise<readonly string[]> {
    return this.#database.inAccount(scopeOf(by), async (transaction) => {
      let deletion = transaction.deleteFrom('login_sessions').where('user_id', '=', ownerId);
      if (keepId !== undefined) deletion = deletion.where('id', '!=', keepId);
      return (await deletion.returning('id').execute()).map(({ id }) => id);
    });
  }

  async addApiKey(by: Membership, apiKey: ApiKeyRecord): Promise<void> {
    await this.#database.inAccount(scopeOf(by), (transaction) =>
      transaction
        .insertInto('api_keys')
        .values({
          id: apiKey.id,
          account_id: apiKey.accountId,
          user_id: apiKey.userId,
          name: apiKey.name,
          prefix: apiKey.prefix,
          key_hash: apiKey.keyHash,
          created_by: apiKey.createdBy,
          created_at: apiKey.createdAt,
          expires_at: apiKey.expiresAt,
          last_used_at: apiKey.lastUsedAt,
          scope_project_id: apiKey.scope.projectId ?? null,
          scope_model_ids: apiKey.scope.modelIds === undefined ? null : [...apiKey.scope.modelIds],
          scope_inference_only: apiKey.scope.inferenceOnly ?? false,
        })
        .execute(),
    );
  }

  findApiKeyByHash(keyHash: string): Promise<WithRole<ApiKeyRecord> | undefined> {
    return this.#database.withPresented(keyHash, async (transaction) => {
      const row = await apiKeysOf(transaction).where('key_hash', '=', keyHash).executeTakeFirst();
      return row && { ...toApiKey(row), accountRole: row.role };
    });
  }

  findApiKeyById(accountId: string, id: string): Promise<WithRole<ApiKeyRecord> | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const row = await apiKeysOf(transaction).where('api_keys.id', '=', id).executeTakeFirst();
      return row && { ...toApiKey(row), accountRole: row.role };
    });
  }

  listApiKeys(by: Membership, ownerId: string): Promise<readonly ApiKeyRecord[]> {
    return this.#database.inAccount(scopeOf(by), async (transaction) => {
      const rows = await transaction
        .selectFrom('api_keys')
        .selectAll()
        .where('user_id', '=', ownerId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(toApiKey);
    });
  }

  async touchApiKey(apiKey: ApiKeyRecord, at: Date): Promise<void> {
    await this.#database.inAccount(scopeOf(apiKey), (transaction) =>
      transaction.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', apiKey.id).execute(),
    );
  }

  replaceApiKeySecret(
    by: Membership,
    ownerId: string,
    id: string,
    { keyHash, prefix }: { readonly keyHash: string; readonly prefix: string },
  ): Promise<boolean> {
    return this.#database.inAccount(scopeOf(by), async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('api_keys')
        .set({ key_hash: keyHash, prefix, last_used_at: null })
        .where('user_id', '=', ownerId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  deleteApiKey(by: Membership, ownerId: string, id: string): Promise<boolean> {
    return this.#database.inAccount(scopeOf(by), async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('api_keys')
        .where('user_id', '=', ownerId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  async addSigningKey(key: SigningKeyRecord, retireOthersAt?: Date): Promise<void> {
    await this.#database.inDeployment(async (transaction) => {
      if (retireOthersAt !== undefined) {
        await transaction
          .updateTable('signing_keys')
          .set({ retires_at: retireOthersAt })
          .where('purpose', '=', key.purpose)
          .where('retires_at', 'is', null)
          .execute();
      }
      await transaction
        .insertInto('signing_keys')
        .values({
          id: key.id,
          purpose: key.purpose,
          public_jwk: JSON.stringify(key.publicJwk),
          wrapped_private_key: Buffer.from(key.wrappedPrivateKey),
          created_at: key.createdAt,
          retires_at: key.retiresAt,
        })
        .execute();
    });
  }

  listSigningKeys(purpose: SigningKeyPurpose): Promise<readonly SigningKeyRecord[]> {
    return this.#database.inDeployment(async (transaction) => {
      const rows = await transaction
        .selectFrom('signing_keys')
        .selectAll()
        .where('purpose', '=', purpose)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        purpose: row.purpose,
        publicJwk: row.public_jwk,
        wrappedPrivateKey: row.wrapped_private_key,
        createdAt: row.created_at,
        retiresAt: row.retires_at,
      }));
    });
  }

  async deleteRetiredSigningKeys(before: Date): Promise<void> {
    await this.#database.inDeployment((transaction) =>
      transaction.deleteFrom('signing_keys').where('retires_at', '<', before).execute(),
    );
  }
}

/** A record's own membership, without what else the record holds. */
function scopeOf({ accountId, userId }: Membership): Membership {
  return { accountId, userId };
}

function sessionsOf(transaction: DatabaseTransaction) {
  return transaction
    .selectFrom('login_sessions')
    .innerJoin('users', (join) =>
      join
        .onRef('users.account_id', '=', 'login_sessions.account_id')
        .onRef('users.id', '=', 'login_sessions.user_id')
        .on('users.suspended_at', 'is', null),
    )
    .selectAll('login_sessions')
    .select('users.role');
}

function apiKeysOf(transaction: DatabaseTransaction) {
  return transaction
    .selectFrom('api_keys')
    .innerJoin('users', (join) =>
      join
        .onRef('users.account_id', '=', 'api_keys.account_id')
        .onRef('users.id', '=', 'api_keys.user_id')
        .on('users.suspended_at', 'is', null),
    )
    .selectAll('api_keys')
    .select('users.role');
}

function toLoginSession(row: Selectable<Tables['login_sessions']>): LoginSessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    tokenHash: row.token_hash,
    method: row.method,
    hasSecondFactor: row.has_second_factor,
    address: row.address,
    browser: row.browser,
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
    scope: toScope(row),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

function toScope(row: Selectable<Tables['api_keys']>): CredentialScope {
  return {
    ...(row.scope_project_id === null ? {} : { projectId: row.scope_project_id }),
    ...(row.scope_model_ids === null ? {} : { modelIds: row.scope_model_ids }),
    ...(row.scope_inference_only ? { inferenceOnly: true } : {}),
  };
}
