import type { AccountRole, ProjectAccess } from '../../core/index.ts';
import type { Database } from '../../database/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { AccessStore } from './access-store.ts';

/** The store in PostgreSQL. */
export class SqlAccessStore implements AccessStore {
  readonly #database: Database;
  #operatingAccountId: string | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  findAccountRole({ accountId, userId }: Membership): Promise<AccountRole | undefined> {
    return this.#database.inAccount({ accountId, userId }, async (transaction) => {
      const row = await transaction
        .selectFrom('users')
        .select('role')
        .where('account_id', '=', accountId)
        .where('id', '=', userId)
        .where('suspended_at', 'is', null)
        .executeTakeFirst();
      return row?.role;
    });
  }

  findProjectAccess({ accountId, userId }: Membership, projectId: string): Promise<ProjectAccess | undefined> {
    return this.#database.inAccount({ accountId, userId }, async (transaction) => {
      const row = await transaction
        .selectFrom('users')
        .leftJoin('project_members', (join) =>
          join.onRef('project_members.user_id', '=', 'users.id').on('project_members.project_id', '=', projectId),
        )
        .leftJoin('bucket_grants', (join) =>
          join.onRef('bucket_grants.user_id', '=', 'users.id').on('bucket_grants.project_id', '=', projectId),
        )
        .select(['project_members.role', 'bucket_grants.access'])
        .where('users.account_id', '=', accountId)
        .where('users.id', '=', userId)
        .where('users.suspended_at', 'is', null)
        .executeTakeFirst();
      if (row === undefined || (row.role === null && row.access === null)) return undefined;
      return {
        ...(row.role === null ? {} : { role: row.role }),
        ...(row.access === null ? {} : { bucket: row.access }),
      };
    });
  }

  async isOperatingAccount(accountId: string): Promise<boolean> {
    // It never changes once there is one.
    this.#operatingAccountId ??= await this.#database.inDeployment(async (transaction) => {
      const row = await transaction.selectFrom('deployment').select('administrator_account_id').executeTakeFirst();
      return row?.administrator_account_id ?? undefined;
    });
    return this.#operatingAccountId === accountId;
  }
}
