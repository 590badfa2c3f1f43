import { sql } from 'kysely';
import { MOST_LISTED, type SealedDigest, sumDigests } from '../audit/index.ts';
import { allowLongStatements, type Database, type DatabaseTransaction } from '../database/index.ts';
import type { ProjectScope } from './asset-store.ts';
import { objectsOf } from './object-rows.ts';
import type { SealedDigestStore } from './sealed-digest-store.ts';
import { followObject } from './sql-bucket-object-store.ts';

/** Reads the digests from the table `objects`. */
export function createSqlSealedDigestStore(database: Database): SealedDigestStore {
  return {
    ofAsset({ accountId, userId, projectId, assetId }) {
      return database.inAccount({ accountId, userId }, async (transaction) => {
        const asset = await transaction
          .selectFrom('assets')
          .select('id')
          .where('account_id', '=', accountId)
          .where('project_id', '=', projectId)
          .where('id', '=', assetId)
          .forUpdate()
          .executeTakeFirst();
        if (asset === undefined) return undefined;
        const rows = await digestsOf(transaction, { accountId, projectId }).where('asset_id', '=', assetId).execute();
        return sumDigests(rows.map(asDigest));
      });
    },

    ofObject({ accountId, userId, projectId }, objectId, now) {
      return database.inAccount({ accountId, userId }, async (transaction) => {
        // The asset that it belongs to first, as every change of an object does, so that none waits for another.
        await followObject(transaction, { accountId, userId, projectId }, objectId, undefined, now);
        const row = await digestsOf(transaction, { accountId, projectId })
          .where('id', '=', objectId)
          .forUpdate()
          .executeTakeFirst();
        return row === undefined ? undefined : sumDigests([asDigest(row)]);
      });
    },

    ofProject({ accountId, userId, projectId }) {
      return database.inAccount({ accountId, userId }, async (transaction) => {
        const scope = { accountId, projectId };
        await allowLongStatements(transaction);
        // Every new object refers to the project's row, so none comes while it is locked.
        const project = await transaction
          .selectFrom('projects')
          .select('id')
          .where('account_id', '=', accountId)
          .where('id', '=', projectId)
          .forUpdate()
          .executeTakeFirst();
        if (project === undefined) return sumDigests([]);
        const listed = await digestsOf(transaction, scope)
          .orderBy('id')
          .limit(MOST_LISTED + 1)
          .execute();
        if (listed.length <= MOST_LISTED) return sumDigests(listed.map(asDigest));
        const sums = await objectsOf(transaction, scope)
          .select(({ fn }) => [
            fn.countAll<string>().as('objects'),
            fn.sum<string>('sealed_size_bytes').as('size_bytes'),
            sql<string>`encode(sha256(string_agg(sealed_sha256, '' order by sealed_sha256)), 'hex')`.as('sha256'),
          ])
          .executeTakeFirstOrThrow();
        return {
          sealedObjects: Number(sums.objects),
          sealedSizeBytes: Number(sums.size_bytes),
          sealedSha256: sums.sha256,
        };
      });
    },

    storedIds({ accountId, projectId, userId }) {
      return database.inAccount({ accountId, userId }, async (transaction) => {
        await allowLongStatements(transaction);
        const { rows } = await sql<{ of_project: string; stored_ids: readonly string[] }>`
          select * from stored_bytes(${projectId ?? null}::uuid)`.execute(transaction);
        return new Map(rows.map((row) => [row.of_project, row.stored_ids]));
      });
    },
  };
}

function digestsOf(transaction: DatabaseTransaction, scope: ProjectScope) {
  return objectsOf(transaction, scope).select(['id', 'sealed_size_bytes', 'sealed_sha256']);
}

function asDigest(row: { id: string; sealed_size_bytes: number; sealed_sha256: Buffer }): SealedDigest {
  return { objectId: row.id, sealedSizeBytes: row.sealed_size_bytes, sha256: row.sealed_sha256.toString('hex') };
}
