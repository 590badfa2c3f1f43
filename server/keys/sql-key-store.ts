import { notFound } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { KeyStore, ProjectKeyRecord, ProjectScope } from './key-store.ts';

/** PostgreSQL's code for a reference to a row that is not there. */
const FOREIGN_KEY_VIOLATION = '23503';

/** Keeps project keys in the table `project_keys`. */
export function createSqlKeyStore(database: Database): KeyStore {
  return {
    async insert(record: ProjectKeyRecord) {
      try {
        await database.inAccount({ accountId: record.accountId }, (transaction) =>
          transaction
            .insertInto('project_keys')
            .values({
              id: record.id,
              account_id: record.accountId,
              project_id: record.projectId,
              wrapping_key_id: record.wrappingKeyId,
              wrapped_key: Buffer.from(record.wrappedKey),
              created_at: record.createdAt,
              wrapped_at: record.wrappedAt,
              wrapping_key_version: record.wrappingKeyVersion ?? null,
            })
            .execute(),
        );
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
    async deleteAll(scope: ProjectScope) {
      await database.inAccount({ accountId: scope.accountId }, (transaction) =>
        transaction
          .deleteFrom('project_keys')
          .where('account_id', '=', scope.accountId)
          .where('project_id', '=', scope.projectId)
          .execute(),
      );
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

function selectKeys(transaction: Parameters<Parameters<Database['inAccount']>[1]>[0], scope: ProjectScope) {
  return transaction
    .selectFrom('project_keys')
    .selectAll()
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId);
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

function isForeignKeyViolation(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && current.code === FOREIGN_KEY_VIOLATION) return true;
  }
  return false;
}
