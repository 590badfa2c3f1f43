import { type BucketAccess, notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow } from '../database/index.ts';
import type { BucketGrant, BucketGrantStore, GrantedBucket } from './bucket-grant-store.ts';
import { findMember, memberColumns, toMember, whoOf } from './member-rows.ts';
import type { Viewer } from './project-store.ts';

/** Keeps grants in the table `bucket_grants`. */
export class SqlBucketGrantStore implements BucketGrantStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(viewer: Viewer, projectId: string): Promise<readonly BucketGrant[]> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const rows = await transaction
        .selectFrom('bucket_grants as given')
        .innerJoin('users', 'users.id', 'given.user_id')
        .select([...memberColumns, 'given.access', 'given.created_at'])
        .where('given.account_id', '=', viewer.accountId)
        .where('given.project_id', '=', projectId)
        .orderBy('users.name')
        .orderBy('users.id')
        .execute();
      return rows.map((row) => ({ ...toMember(row), access: row.access, createdAt: row.created_at }));
    });
  }

  listGranted(viewer: Viewer): Promise<readonly GrantedBucket[]> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const rows = await transaction
        .selectFrom('bucket_grants as given')
        .innerJoin('projects', 'projects.id', 'given.project_id')
        .select(['projects.id', 'projects.name', 'given.access'])
        .where('given.account_id', '=', viewer.accountId)
        .where('given.user_id', '=', viewer.userId)
        .orderBy('projects.name')
        .orderBy('projects.id')
        .execute();
      return rows.map(({ id, name, access }) => ({ projectId: id, projectName: name, access }));
    });
  }

  async put(
    viewer: Viewer,
    projectId: string,
    userId: string,
    access: BucketAccess,
    now: Date,
  ): Promise<{ readonly grant: BucketGrant; readonly previousAccess?: BucketAccess } | undefined> {
    try {
      return await this.#database.inAccount(whoOf(viewer), async (transaction) => {
        const member = await findMember(transaction, viewer.accountId, userId);
        if (member === undefined) return undefined;
        const before = await accessOf(transaction, projectId, userId);
        const row = await transaction
          .insertInto('bucket_grants')
          .values({
            account_id: viewer.accountId,
            project_id: projectId,
            user_id: userId,
            access,
            created_by: viewer.userId,
            created_at: now,
          })
          .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ access }))
          .returning('created_at')
          .executeTakeFirstOrThrow();
        const grant = { ...member, access, createdAt: row.created_at };
        return before === undefined ? { grant } : { grant, previousAccess: before.access };
      });
    } catch (error) {
      if (isRefusedRow(error)) throw notFound('project', projectId);
      throw error;
    }
  }

  remove(viewer: Viewer, projectId: string, userId: string): Promise<BucketAccess | undefined> {
    return this.#database.inAccount(whoOf(viewer), async (transaction) => {
      const row = await transaction
        .deleteFrom('bucket_grants')
        .where('account_id', '=', viewer.accountId)
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
        .returning('access')
        .executeTakeFirst();
      return row?.access;
    });
  }
}

/** Locked, so that the access from before is the one that the change replaces. */
function accessOf(transaction: DatabaseTransaction, projectId: string, userId: string) {
  return transaction
    .selectFrom('bucket_grants')
    .select('access')
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
}
