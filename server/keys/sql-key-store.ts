import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import {
  allowLongStatements,
  type Database,
  type DatabaseTransaction,
  isForeignKeyViolation,
} from '../database/index.ts';
import type { KeyBindings, KeyScope } from './key-binding.ts';
import { stateOf } from './key-states.ts';
import type { Destruction, KeyStore, NewWrapping, ProjectKeyRecord, ProjectScope, StillApplies } from './key-store.ts';
import { bindingsOf } from './sql-key-binding-store.ts';

/** Keeps project keys in the table `project_keys`. */
export function createSqlKeyStore(database: Database): KeyStore {
  return {
    async insert(record: ProjectKeyRecord, stillApplies: StillApplies) {
      try {
        return await database.inAccount({ accountId: record.accountId }, async (transaction) => {
          const bindings = await keepBindings(transaction, record);
          if (stateOf(bindings).state !== 'enabled' || !stillApplies(bindings)) return false;
          await transaction.insertInto('project_keys').values(asRow(record)).execute();
          return true;
        });
      } catch (error) {
        if (isForeignKeyViolation(error)) throw notFound('project', record.projectId);
        throw error;
      }
    },
    async find(scope: ProjectScope, id: string) {
      const row = await database.inAccount({ accountId: scope.accountId }, (transaction) =>
        selectKeys(transaction, scope).where('id', '=', id).executeTakeFirst(),
      );
      return row === undefined ? undefined : asRecord(row);
    },
    async findCurrent(scope: ProjectScope) {
      const row = await database.inAccount({ accountId: scope.accountId }, (transaction) =>
        selectKeys(transaction, scope).orderBy('created_at', 'desc').orderBy('id').limit(1).executeTakeFirst(),
      );
      return row === undefined ? undefined : asRecord(row);
    },
    async list(scope: KeyScope) {
      const rows = await database.inAccount({ accountId: scope.accountId }, (transaction) =>
        selectKeys(transaction, scope).orderBy('created_at').orderBy('id').execute(),
      );
      return rows.map(asRecord);
    },
    async replaceWrapped(record: ProjectKeyRecord, wrapping: NewWrapping, stillApplies: StillApplies) {
      return database.inAccount({ accountId: record.accountId }, async (transaction) => {
        if (!stillApplies(await keepBindings(transaction, record))) return false;
        const { numUpdatedRows } = await transaction
          .updateTable('project_keys')
          .set(asWrappingColumns(wrapping))
          .where('account_id', '=', record.accountId)
          .where('id', '=', record.id)
          .where('wrapped_key', '=', Buffer.from(record.wrappedKey))
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      });
    },
    async deleteAll(scope: ProjectScope) {
      await database.inAccount({ accountId: scope.accountId }, (transaction) =>
        transaction
          .deleteFrom('project_keys')
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .execute(),
      );
    },
    async destroy({ accountId, projectId }: KeyScope, userId: string) {
      return database.inAccount({ accountId, userId }, async (transaction): Promise<Destruction> => {
        await allowLongStatements(transaction);
        const { rows } = await sql<{ projects: number }>`
          select projects from destroy_keys(${projectId ?? null}::uuid)`.execute(transaction);
        return { projects: rows[0]?.projects ?? 0 };
      });
    },
    async mayHoldSealedData() {
      return database.inDeployment(async (transaction) => {
        const deployment = await transaction.selectFrom('deployment').select('set_up_at').executeTakeFirst();
        const signingKey = await transaction.selectFrom('signing_keys').select('id').limit(1).executeTakeFirst();
        // Tenants' keys cannot be seen from here; there are none before somebody has set the deployment up.
        return signingKey !== undefined || (deployment !== undefined && deployment.set_up_at !== null);
      });
    },
  };
}

/** What counts for a project until the transaction ends: whoever binds a key or destroys keys holds the same lock to the end of theirs. */
async function keepBindings(transaction: DatabaseTransaction, scope: ProjectScope): Promise<KeyBindings> {
  // The project before its keys, as whoever destroys them locks both.
  await sql`select keep_project(${scope.projectId}::uuid)`.execute(transaction);
  await sql`select lock_keys(false)`.execute(transaction);
  return bindingsOf(transaction, scope);
}

type Row = {
  id: string;
  account_id: string;
  project_id: string;
  wrapping_key_id: string;
  wrapped_key: Buffer;
  created_at: Date;
  wrapped_at: Date;
  wrapping_key_version: number | null;
};

function selectKeys(transaction: DatabaseTransaction, { accountId, projectId }: KeyScope) {
  const ofAccount = transaction.selectFrom('project_keys').selectAll().where('account_id', '=', accountId);
  return projectId === undefined ? ofAccount : ofAccount.where('project_id', '=', projectId);
}

function asRow(record: ProjectKeyRecord): Row {
  return {
    id: record.id,
    account_id: record.accountId,
    project_id: record.projectId,
    created_at: record.createdAt,
    ...asWrappingColumns(record),
  };
}

function asWrappingColumns(wrapping: NewWrapping) {
  return {
    wrapping_key_id: wrapping.wrappingKeyId,
    wrapped_key: Buffer.from(wrapping.wrappedKey),
    wrapped_at: wrapping.wrappedAt,
    wrapping_key_version: wrapping.wrappingKeyVersion ?? null,
  };
}

function asRecord(row: Row): ProjectKeyRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    projectId: row.project_id,
    wrappingKeyId: row.wrapping_key_id,
    wrappedKey: row.wrapped_key,
    createdAt: row.created_at,
    wrappedAt: row.wrapped_at,
    ...(row.wrapping_key_version === null ? {} : { wrappingKeyVersion: row.wrapping_key_version }),
  };
}
