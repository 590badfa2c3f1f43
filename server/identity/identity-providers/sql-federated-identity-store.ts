import type { ProjectRole } from '../../core/index.ts';
import type { Database } from '../../database/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { FederatedIdentity, FederatedIdentityStore, ProjectRoleGrants } from './federated-identity-store.ts';

/** The store in PostgreSQL. */
export class SqlFederatedIdentityStore implements FederatedIdentityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(accountId: string, issuer: string, subject: string): Promise<Membership | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const row = await transaction
        .selectFrom('federated_identities')
        .select('user_id')
        .where('account_id', '=', accountId)
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst();
      return row && { accountId, userId: row.user_id };
    });
  }

  async add({ accountId, userId, issuer, subject, createdAt }: FederatedIdentity): Promise<void> {
    await this.#database.inAccount({ accountId, userId }, (transaction) =>
      transaction
        .insertInto('federated_identities')
        .values({ account_id: accountId, user_id: userId, issuer, subject, created_at: createdAt })
        .execute(),
    );
  }
}

/** The grants in PostgreSQL, in the rows that the projects room reads. */
export class SqlProjectRoleGrants implements ProjectRoleGrants {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  setRole(
    { accountId, userId }: Membership,
    projectId: string,
    role: ProjectRole | undefined,
    at: Date,
  ): Promise<{ readonly before: ProjectRole | undefined } | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const project = await transaction
        .selectFrom('projects')
        .select('id')
        .where('id', '=', projectId)
        .executeTakeFirst();
      if (project === undefined) return undefined;
      const found = await transaction
        .selectFrom('project_members')
        .select('role')
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      const before = found?.role;
      if (role === undefined) {
        await transaction
          .deleteFrom('project_members')
          .where('project_id', '=', projectId)
          .where('user_id', '=', userId)
          .execute();
      } else if (role !== before) {
        await transaction
          .insertInto('project_members')
          .values({ account_id: accountId, project_id: projectId, user_id: userId, role, created_at: at })
          .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ role }))
          .execute();
      }
      return { before };
    });
  }
}
