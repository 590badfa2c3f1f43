import { notFound } from '../core/index.ts';
import { type Database, isForeignKeyViolation } from '../database/index.ts';
import type { BucketScope } from './bucket.ts';
import type { BucketCredentialStore } from './bucket-credential-store.ts';

/** Keeps them in the table `bucket_credentials`, which only the server itself reads. */
export function createSqlBucketCredentialStore(database: Database): BucketCredentialStore {
  return {
    async find({ accountId, projectId }: BucketScope) {
      const row = await database.inAccount({ accountId }, (transaction) =>
        transaction
          .selectFrom('bucket_credentials')
          .select('wrapped_credential')
          .where('account_id', '=', accountId)
          .where('project_id', '=', projectId)
          .executeTakeFirst(),
      );
      return row?.wrapped_credential;
    },
    async keep({ accountId, projectId }: BucketScope, wrapped: Uint8Array) {
      try {
        await database.inAccount({ accountId }, (transaction) =>
          transaction
            .insertInto('bucket_credentials')
            .values({ account_id: accountId, project_id: projectId, wrapped_credential: Buffer.from(wrapped) })
            .onConflict((conflict) =>
              conflict.columns(['account_id', 'project_id']).doUpdateSet({ wrapped_credential: Buffer.from(wrapped) }),
            )
            .execute(),
        );
      } catch (error) {
        if (isForeignKeyViolation(error)) throw notFound('project', projectId);
        throw error;
      }
    },
    async forget({ accountId, projectId }: BucketScope) {
      await database.inAccount({ accountId }, (transaction) =>
        transaction
          .deleteFrom('bucket_credentials')
          .where('account_id', '=', accountId)
          .where('project_id', '=', projectId)
          .execute(),
      );
    },
  };
}
