import { sql } from 'kysely';
import { notFound, type ProjectRole } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow } from '../database/index.ts';
import type { Collaborator, CollaboratorStore, Member } from './collaborator-store.ts';
import { findMember, memberColumns, toMember, whoOf } from './member-rows.ts';
import type { Viewer } from './project-store.ts';

/** Keeps roles in the table `project_members`. */
export class SqlCollaboratorStore implements CollaboratorStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(viewer: Viewer, projectId: string): Promise<readonly Collaborator[]> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const rows = await transaction
        .selectFrom('project_members as given')
        .innerJoin('users', 'users.id', 'given.user_id')
        .select([...memberColumns, 'given.role', 'given.created_at'])
        .where('given.account_id', '=', viewer.accountId)
        .where('given.project_id', '=', projectId)
        .orderBy('users.name')
        .orderBy('users.id')
        .execute();
      return rows.map((row) => ({ ...toMember(row), role: row.role, createdAt: row.created_at }));
    });
  }

  listCandidates(
    viewer: Viewer,
    projectId: string,
    { text, limit }: { readonly text: string; readonly limit: number },
  ): Promise<readonly Member[]> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const pattern = `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
      const rows = await transaction
        .selectFrom('users')
        .select(memberColumns)
        .where('users.account_id', '=', viewer.accountId)
        .where('users.suspended_at', 'is', null)
        .where((where) => where.or([where('users.name', 'ilike', pattern), where('users.email', 'ilike', pattern)]))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('project_members as given')
                .select(sql`1`.as('one'))
                .where('given.project_id', '=', projectId)
                .whereRef('given.user_id', '=', 'users.id'),
            ),
          ),
        )
        .orderBy('users.name')
        .orderBy('users.id')
        .limit(limit)
        .execute();
      return rows.map(toMember);
    });
  }

  async put(
    viewer: Viewer,
    projectId: string,
    userId: string,
    role: ProjectRole,
    now: Date,
  ): Promise<{ readonly collaborator: Collaborator; readonly previousRole?: ProjectRole } | undefined> {
    try {
      return await this.#database.inAccount(whoOf(viewer), async (transaction) => {
        const member = await findMember(transaction, viewer.accountId, userId);
        if (member === undefined) return undefined;
        const before = await roleOf(transaction, projectId, userId);
        const row = await transaction
          .insertInto('project_members')
          .values({ account_id: viewer.accountId, project_id: projectId, user_id: userId, role, created_at: now })
          .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ role }))
          .returning('created_at')
          .executeTakeFirstOrThrow();
        const collaborator = { ...member, role, createdAt: row.created_at };
        return before === undefined ? { collaborator } : { collaborator, previousRole: before.role };
      });
    } catch (error) {
      if (isRefusedRow(error)) throw notFound('project', projectId);
      throw error;
    }
  }

  remove(viewer: Viewer, projectId: string, userId: string): Promise<ProjectRole | undefined> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const row = await transaction
        .deleteFrom('project_members')
        .where('account_id', '=', viewer.accountId)
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
        .returning('role')
        .executeTakeFirst();
      return row?.role;
    });
  }
}

/** Locked, so that the role from before is the one that the change replaces. */
function roleOf(transaction: DatabaseTransaction, projectId: string, userId: string) {
  return transaction
    .selectFrom('project_members')
    .select('role')
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
}
