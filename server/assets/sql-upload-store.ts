import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow, type TenantScope } from '../database/index.ts';
import type { ByteRange, Segment } from '../storage/index.ts';
import type { PersonScope, ProjectScope } from './asset-store.ts';
import { insertSegments, keepProject, loadSegments, segmentsOf } from './object-rows.ts';
import type { NewUpload, RunningUpload, Upload, UploadPlace, UploadStore } from './upload-store.ts';

/** Keeps uploads in the tables `uploads` and `object_segments`. */
export function createSqlUploadStore(database: Database): UploadStore {
  return {
    async insert(scope: PersonScope, upload: NewUpload, most: number) {
      try {
        return await database.inAccount(personOf(scope), async (transaction) => {
          await keepProject(transaction, scope);
          await waitForOthers(transaction, scope);
          const begun = await uploadsOf(transaction, scope).select('id').limit(most).execute();
          if (begun.length >= most) return false;
          await transaction.insertInto('uploads').values(rowOf(scope, upload)).execute();
          return true;
        });
      } catch (error) {
        if (isRefusedRow(error)) throw notFound('project', scope.projectId);
        throw error;
      }
    },

    list(scope: PersonScope, limit: number) {
      return database.inAccount(personOf(scope), async (transaction) => {
        const select = uploadsOf(transaction, scope).selectAll().orderBy('created_at', 'desc').orderBy('id');
        return (await select.limit(limit).execute()).map(asUpload);
      });
    },

    find(place: UploadPlace) {
      return database.inAccount(personOf(place), async (transaction) => {
        const row = await uploadsOf(transaction, place).selectAll().where('id', '=', place.uploadId).executeTakeFirst();
        if (row === undefined) return undefined;
        // One row of the index: counting them would cost more with every part.
        const last = await segmentsOf(transaction, place)
          .select('number')
          .where('stored_as', '=', row.stored_as)
          .orderBy('number', 'desc')
          .limit(1)
          .executeTakeFirst();
        const nextNumber = last === undefined ? 0 : last.number + 1;
        return { ...asUpload(row), type: row.type, header: headerOf(row), nextNumber };
      });
    },

    segments(place: UploadPlace, range: ByteRange) {
      return database.inAccount(personOf(place), async (transaction) => {
        const select = uploadsOf(transaction, place).select('stored_as').where('id', '=', place.uploadId);
        const row = await select.executeTakeFirst();
        return row === undefined ? [] : loadSegments(transaction, place, row.stored_as, range);
      });
    },

    advance(place: UploadPlace, segment: Segment, expiresAt: Date) {
      return database.inAccount(personOf(place), async (transaction) => {
        await keepProject(transaction, place);
        // The row is locked by this, so of two that go on from the same place one finds it gone on.
        const row = await transaction
          .updateTable('uploads')
          .set({ offset_bytes: segment.offsetBytes + segment.sizeBytes, expires_at: expiresAt })
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('created_by', '=', place.userId)
          .where('id', '=', place.uploadId)
          .where('offset_bytes', '=', segment.offsetBytes)
          .returning('stored_as')
          .executeTakeFirst();
        if (row === undefined) return false;
        await insertSegments(transaction, place, row.stored_as, [segment]);
        return true;
      });
    },

    take(place: UploadPlace, offsetBytes: number) {
      return database.inAccount(personOf(place), async (transaction) => {
        await keepProject(transaction, place);
        const row = await lock(transaction, place);
        if (row === undefined || row.offset_bytes !== offsetBytes) return undefined;
        const segments = await loadSegments(transaction, place, row.stored_as);
        await remove(transaction, place, place.uploadId);
        return segments;
      });
    },

    delete(place: UploadPlace) {
      return database.inAccount(personOf(place), async (transaction) => {
        const row = await lock(transaction, place);
        if (row === undefined) return undefined;
        const segments = await loadSegments(transaction, place, row.stored_as);
        await remove(transaction, place, place.uploadId);
        return segments;
      });
    },

    listExpired(scope: ProjectScope, now: Date) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        const rows = await expiredIn(transaction, scope, now).select('id').orderBy('expires_at').execute();
        return rows.map(({ id }) => id);
      });
    },

    deleteExpired(scope: ProjectScope, uploadId: string, now: Date) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        const row = await expiredIn(transaction, scope, now)
          .select('stored_as')
          .where('id', '=', uploadId)
          .forUpdate()
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const segments = await loadSegments(transaction, scope, row.stored_as);
        await remove(transaction, scope, uploadId);
        return segments;
      });
    },
  };
}

function personOf({ accountId, userId }: PersonScope): TenantScope {
  return { accountId, userId };
}

/** Until the transaction ends, the same person begins no other upload in the project: two that count at once would not see each other. */
async function waitForOthers(transaction: DatabaseTransaction, { projectId, userId }: PersonScope): Promise<void> {
  const name = `cloister/uploads/${projectId}/${userId}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction);
}

function uploadsOf(transaction: DatabaseTransaction, scope: PersonScope) {
  return transaction
    .selectFrom('uploads')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId)
    .where('created_by', '=', scope.userId);
}

function expiredIn(transaction: DatabaseTransaction, scope: ProjectScope, now: Date) {
  return transaction
    .selectFrom('uploads')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId)
    .where('expires_at', '<', now);
}

function lock(transaction: DatabaseTransaction, place: UploadPlace) {
  return uploadsOf(transaction, place)
    .select(['stored_as', 'offset_bytes'])
    .where('id', '=', place.uploadId)
    .forUpdate()
    .executeTakeFirst();
}

/** The segments go with their upload, by a trigger. */
async function remove(transaction: DatabaseTransaction, scope: ProjectScope, uploadId: string): Promise<void> {
  await transaction
    .deleteFrom('uploads')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId)
    .where('id', '=', uploadId)
    .execute();
}

function rowOf(scope: PersonScope, { header, ...upload }: NewUpload) {
  return {
    id: upload.id,
    account_id: scope.accountId,
    project_id: scope.projectId,
    created_by: scope.userId,
    created_at: upload.createdAt,
    expires_at: upload.expiresAt,
    type: upload.type,
    name: upload.name,
    description: upload.description,
    tags: [...upload.tags],
    media_type: upload.mediaType,
    length_bytes: upload.lengthBytes,
    purpose: header.purpose,
    stored_as: header.objectId,
    project_key_id: header.projectKeyId,
    wrapped_key: Buffer.from(header.wrappedKey),
  };
}

type Row = {
  id: string;
  name: string;
  description: string;
  tags: string[];
  media_type: string;
  length_bytes: number;
  offset_bytes: number;
  created_at: Date;
  expires_at: Date;
};

function asUpload(row: Row): Upload {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    tags: row.tags,
    mediaType: row.media_type,
    lengthBytes: row.length_bytes,
    offsetBytes: row.offset_bytes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

type HeaderRow = { stored_as: string; purpose: string; project_key_id: string; wrapped_key: Buffer };

function headerOf(row: HeaderRow): RunningUpload['header'] {
  return {
    objectId: row.stored_as,
    purpose: row.purpose,
    projectKeyId: row.project_key_id,
    wrappedKey: row.wrapped_key,
  };
}
