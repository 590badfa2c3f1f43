import { type Selectable, sql } from 'kysely';
import type { Database, DatabaseTransaction, Tables } from '../../database/index.ts';
import type { MemberScope, Membership } from '../members/member-store.ts';
import type { SecondFactorMethod } from './password-sign-in.ts';
import type { PasskeyRecord, SecondFactorStore, TotpSecret } from './second-factor-store.ts';

/** The store in PostgreSQL. Which rows a query sees is decided by the policies of the tables, see the database room. */
export class SqlSecondFactorStore implements SecondFactorStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findTotp(membership: Membership): Promise<TotpSecret | undefined> {
    return this.#own(membership, async (transaction, { accountId, userId }) => {
      const row = await transaction
        .selectFrom('totp_secrets')
        .selectAll()
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return (
        row && {
          accountId,
          userId,
          wrappedSecret: row.wrapped_secret,
          begunAt: row.begun_at,
          confirmedAt: row.confirmed_at,
          lastUsedStep: row.last_used_step,
        }
      );
    });
  }

  putUnconfirmedTotp(membership: Membership, wrappedSecret: Uint8Array, at: Date): Promise<boolean> {
    return this.#own(membership, async (transaction, { accountId, userId }) => {
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto('totp_secrets')
        .values({
          account_id: accountId,
          user_id: userId,
          wrapped_secret: Buffer.from(wrappedSecret),
          begun_at: at,
          confirmed_at: null,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['account_id', 'user_id'])
            .doUpdateSet({ wrapped_secret: Buffer.from(wrappedSecret), begun_at: at })
            .where('totp_secrets.confirmed_at', 'is', null),
        )
        .executeTakeFirstOrThrow();
      return (numInsertedOrUpdatedRows ?? 0n) > 0n;
    });
  }

  confirmTotp(membership: Membership, wrappedSecret: Uint8Array, step: number, at: Date): Promise<boolean> {
    return this.#own(membership, async (transaction, { userId }) => {
      const { numUpdatedRows } = await transaction
        .updateTable('totp_secrets')
        .set({ confirmed_at: at, last_used_step: step })
        .where('user_id', '=', userId)
        .where('confirmed_at', 'is', null)
        .where('wrapped_secret', '=', Buffer.from(wrappedSecret))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  takeTotpStep(membership: Membership, step: number): Promise<boolean> {
    return this.#own(membership, async (transaction, { userId }) => {
      const { numUpdatedRows } = await transaction
        .updateTable('totp_secrets')
        .set({ last_used_step: step })
        .where('user_id', '=', userId)
        .where('confirmed_at', 'is not', null)
        .where('last_used_step', '<', step)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  deleteTotp(membership: Membership): Promise<boolean> {
    return this.#own(membership, (transaction, { userId }) => deleteOf(transaction, 'totp_secrets', userId));
  }

  async replaceRecoveryCodes(membership: Membership, hashes: readonly string[]): Promise<void> {
    await this.#own(membership, async (transaction, { accountId, userId }) => {
      await deleteOf(transaction, 'recovery_codes', userId);
      if (hashes.length === 0) return;
      await transaction
        .insertInto('recovery_codes')
        .values(hashes.map((hash) => ({ account_id: accountId, user_id: userId, code_hash: hash })))
        .execute();
    });
  }

  countRecoveryCodes(membership: Membership): Promise<number> {
    return this.#own(membership, async (transaction, { userId }) => {
      const { count } = await transaction
        .selectFrom('recovery_codes')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
      return count;
    });
  }

  deleteRecoveryCode(membership: Membership, hash: string): Promise<boolean> {
    return this.#own(membership, async (transaction, { userId }) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('recovery_codes')
        .where('user_id', '=', userId)
        .where('code_hash', '=', hash)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  async addPasskey(passkey: PasskeyRecord): Promise<void> {
    await this.#own(passkey, (transaction) =>
      transaction
        .insertInto('passkeys')
        .values({
          id: passkey.id,
          account_id: passkey.accountId,
          user_id: passkey.userId,
          name: passkey.name,
          credential_id: passkey.credentialId,
          public_key: Buffer.from(passkey.publicKey),
          counter: passkey.counter,
          transports: [...passkey.transports],
          created_at: passkey.createdAt,
          last_used_at: passkey.lastUsedAt,
        })
        .execute(),
    );
  }

  findPasskey(credentialId: string): Promise<PasskeyRecord | undefined> {
    return this.#database.withPresented(credentialId, async (transaction) => {
      const row = await transaction
        .selectFrom('passkeys')
        .selectAll()
        .where('credential_id', '=', credentialId)
        .executeTakeFirst();
      return row && toPasskey(row);
    });
  }

  listPasskeys(membership: Membership): Promise<readonly PasskeyRecord[]> {
    return this.#own(membership, async (transaction, { userId }) => {
      const rows = await transaction
        .selectFrom('passkeys')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toPasskey);
    });
  }

  recordPasskeyUse(passkey: PasskeyRecord, counter: number, at: Date): Promise<boolean> {
    return this.#own(passkey, async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('passkeys')
        .set({ counter, last_used_at: at })
        .where('id', '=', passkey.id)
        .where((row) =>
          row.or([row('counter', '<', counter), row.and([row('counter', '=', 0), row(sql.val(counter), '=', 0)])]),
        )
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  deletePasskey(membership: Membership, id: string): Promise<boolean> {
    return this.#own(membership, async (transaction, { userId }) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('passkeys')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  deleteAll(by: MemberScope, userId: string): Promise<boolean> {
    return this.#database.inAccount(scopeOf(by), async (transaction) => {
      const hadTotp = await deleteOf(transaction, 'totp_secrets', userId);
      const hadCodes = await deleteOf(transaction, 'recovery_codes', userId);
      const hadPasskeys = await deleteOf(transaction, 'passkeys', userId);
      return hadTotp || hadCodes || hadPasskeys;
    });
  }

  methodsOf(by: MemberScope, userIds: readonly string[]): Promise<ReadonlyMap<string, readonly SecondFactorMethod[]>> {
    return this.#database.inAccount(scopeOf(by), async (transaction) => {
      if (userIds.length === 0) return new Map();
      const rows = await transaction
        .selectFrom('totp_secrets')
        .select(['user_id', sql<SecondFactorMethod>`'totp'`.as('method')])
        .where('confirmed_at', 'is not', null)
        .where('user_id', 'in', [...userIds])
        .union(
          transaction
            .selectFrom('passkeys')
            .select(['user_id', sql<SecondFactorMethod>`'passkey'`.as('method')])
            .where('user_id', 'in', [...userIds]),
        )
        .union(
          transaction
            .selectFrom('recovery_codes')
            .select(['user_id', sql<SecondFactorMethod>`'recovery-code'`.as('method')])
            .where('user_id', 'in', [...userIds]),
        )
        .orderBy('method')
        .execute();
      const methods = new Map<string, SecondFactorMethod[]>();
      for (const { user_id: userId, method } of rows) methods.set(userId, [...(methods.get(userId) ?? []), method]);
      return methods;
    });
  }

  /** A transaction of the member's own. */
  #own<T>(
    { accountId, userId }: Membership,
    work: (transaction: DatabaseTransaction, membership: Membership) => Promise<T>,
  ): Promise<T> {
    const membership = { accountId, userId };
    return this.#database.inAccount(membership, (transaction) => work(transaction, membership));
  }
}

/** Who asks, without what else the record holds: a transaction that a change runs in has exactly this scope. */
function scopeOf({ accountId, userId }: MemberScope): MemberScope {
  return userId === undefined ? { accountId } : { accountId, userId };
}

async function deleteOf(
  transaction: DatabaseTransaction,
  table: 'totp_secrets' | 'recovery_codes' | 'passkeys',
  userId: string,
): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom(table).where('user_id', '=', userId).executeTakeFirst();
  return numDeletedRows > 0n;
}

function toPasskey(row: Selectable<Tables['passkeys']>): PasskeyRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    name: row.name,
    credentialId: row.credential_id,
    publicKey: row.public_key,
    counter: row.counter,
    transports: row.transports,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
