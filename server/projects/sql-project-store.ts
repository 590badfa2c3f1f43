import { sql } from 'kysely';
import { allowLongStatements, type Database, type DatabaseTransaction } from '../database/index.ts';
import { whoOf } from './member-rows.ts';
import type { Project, ProjectOfActor, ProjectStore, Viewer } from './project-store.ts';

/** The store in PostgreSQL. */
export class SqlProjectStore implements ProjectStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(project: Project): Promise<void> {
    const { id, accountId, name, description, createdBy, createdAt } = project;
    await this.#database.inAccount({ accountId, userId: createdBy }, (transaction) =>
      // Nobody is a member yet, so it takes the house; see `0004-projects-and-buckets.sql`.
      sql`select add_project(${id}, ${name}, ${description}, ${createdAt})`.execute(transaction),
    );
  }

  list(viewer: Viewer): Promise<readonly ProjectOfActor[]> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const rows = await projectsOf(transaction, viewer).orderBy('projects.name').orderBy('projects.id').execute();
      return rows.map(toProject);
    });
  }

  find(viewer: Viewer, id: string): Promise<ProjectOfActor | undefined> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const row = await projectsOf(transaction, viewer).where('projects.id', '=', id).executeTakeFirst();
      return row && toProject(row);
    });
  }

  update(
    viewer: Viewer,
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<boolean> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('projects')
        .set(change)
        .where('account_id', '=', viewer.accountId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  delete(viewer: Viewer, id: string): Promise<boolean> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      await allowLongStatements(transaction);
      const { numDeletedRows } = await transaction
        .deleteFrom('projects')
        .where('account_id', '=', viewer.accountId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  deleteAll(accountId: string): Promise<readonly string[]> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      await allowLongStatements(transaction);
      const rows = await transaction
        .deleteFrom('projects')
        .where('account_id', '=', accountId)
        .returning('id')
        .execute();
      return rows.map(({ id }) => id);
    });
  }
}

function projectsOf(transaction: DatabaseTransaction, { userId }: Viewer) {
  return transaction
    .selectFrom('projects')
    .innerJoin('project_members', 'project_members.project_id', 'projects.id')
    .where('project_members.user_id', '=', userId)
    .select([
      'projects.id',
      'projects.account_id',
      'projects.name',
      'projects.description',
      'projects.created_by',
      'projects.created_at',
      'project_members.role',
    ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof projectsOf>['executeTakeFirstOrThrow']>>;

function toProject(row: Row): ProjectOfActor {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    createdBy: row.created_by,
    createdAt: row.created_at,
    role: row.role,
  };
}
