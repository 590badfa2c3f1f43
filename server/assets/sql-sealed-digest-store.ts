import { sql } from 'kysely';
import { MOST_LISTED, type SealedDigest, sumDigests } from '../audit/index.ts';
import { notFound } from '../core/index.ts';
import { allowLongStatements, type Database, type DatabaseTransaction, isRefusedRow } from '../database/index.ts';
import type { ProjectScope } from './asset-store.ts';
import { objectsOf } from './object-rows.ts';
import type { SealedDigestStore } from './sealed-digest-store.ts';
import { followObject } from './sql-bucket-object-store.ts';

/** Reads the digests from the tables `objects` and `object_segments`. */
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

    async ofKey({ accountId, projectId, userId }) {
      const work = database.inAccount({ accountId, userId }, async (transaction) => {
        await allowLongStatements(transaction);
        const sealed = sql<DigestRow>`sealed_digests(${projectId ?? null}::uuid)`;
        if (projectId !== undefined) {
          const few = sql<DigestRow>`select * from ${sealed} order by object_id limit ${MOST_LISTED + 1}`;
          const { rows } = await few.execute(transaction);
          if (rows.length <= MOST_LISTED) return sumDigests(rows.map(asDigest));
        }
        const sums = sql<SumRow>`
          select count(*)::int as objects, coalesce(sum(size_bytes), 0)::bigint as size_bytes,
            case count(*) when 1 then encode((array_agg(sha256))[1], 'hex')
              else encode(sha256(string_agg(sha256, '' order by sha256)), 'hex') end as sha256
          from ${sealed}`;
        const [sum] = (await sums.execute(transaction)).rows;
        return {
          sealedObjects: sum?.objects ?? 0,
          sealedSizeBytes: Number(sum?.size_bytes ?? 0),
          ...(sum?.sha256 ? { sealedSha256: sum.sha256 } : {}),
        };
      });
      return work.catch((error: unknown) => {
        // Who was an Admin a moment ago is none where the project is gone.
        throw projectId !== undefined && isRefusedRow(error) ? notFound('project', projectId) : error;
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
  return objectsOf(transaction, scope).select([
    'id as object_id',
    'sealed_size_bytes as size_bytes',
    'sealed_sha256 as sha256',
  ]);
}

type DigestRow = { object_id: string; size_bytes: number; sha256: Buffer };
type SumRow = { objects: number; size_bytes: number; sha256: string | null };

function asDigest({ object_id, size_bytes, sha256 }: DigestRow): SealedDigest {
  return { objectId: object_id, sealedSizeBytes: size_bytes, sha256: sha256.toString('hex') };
}
