import { sql } from 'kysely';
import type { DatabaseTransaction } from '../database/index.ts';
import type { ByteRange, SealedObject, Segment } from '../storage/index.ts';
import type { AssetPlace, ProjectScope } from './asset-store.ts';

/** Rows of the table `objects`, which two stores share. */
export type ObjectRow = {
  purpose: string;
  stored_as: string;
  project_key_id: string;
  wrapped_key: Buffer;
  size_bytes: number | null;
  sealed_size_bytes: number;
  sealed_sha256: Buffer;
};

/** Segments in one statement, well below PostgreSQL's 65,535 parameters. */
const SEGMENTS_AT_ONCE = 1000;

/** The object of a row, with its segments. */
export async function loadSealedObject(
  transaction: DatabaseTransaction,
  scope: ProjectScope,
  row: ObjectRow,
): Promise<SealedObject> {
  return asSealedObject(row, await loadSegments(transaction, scope, row.stored_as));
}

/** As {@link loadSealedObject}, of many in one question; by what they are stored as. */
export async function loadSealedObjects(
  transaction: DatabaseTransaction,
  scope: ProjectScope,
  rows: readonly ObjectRow[],
): Promise<ReadonlyMap<string, SealedObject>> {
  if (rows.length === 0) return new Map();
  const storedAs = rows.map((row) => row.stored_as);
  const segments = Map.groupBy(
    await segmentsOf(transaction, scope).selectAll().where('stored_as', 'in', storedAs).orderBy('number').execute(),
    (segment) => segment.stored_as,
  );
  return new Map(
    rows.map((row) => [row.stored_as, asSealedObject(row, (segments.get(row.stored_as) ?? []).map(asSegment))]),
  );
}

/** In their order, those that have bytes of the range. None for what was sealed before there were segments. */
export async function loadSegments(
  transaction: DatabaseTransaction,
  scope: ProjectScope,
  storedAs: string,
  range?: ByteRange,
): Promise<readonly Segment[]> {
  const all = segmentsOf(transaction, scope).selectAll().where('stored_as', '=', storedAs).orderBy('number');
  const wanted =
    range === undefined
      ? all
      : all
          .where('offset_bytes', '<', range.endExclusive)
          .where(({ eb }) => eb(eb('offset_bytes', '+', eb.ref('size_bytes')), '>', range.start));
  return (await wanted.execute()).map(asSegment);
}

/** Comes first in every transaction that writes what a project key sealed, unless a new row that refers to the project does; see `0010-own-keys.sql`. */
export async function keepProject(transaction: DatabaseTransaction, { projectId }: ProjectScope): Promise<void> {
  await sql`select keep_project(${projectId}::uuid)`.execute(transaction);
}

/** Keeps segments of the object that is (or will be) stored as this. */
export async function insertSegments(
  transaction: DatabaseTransaction,
  scope: ProjectScope,
  storedAs: string,
  segments: readonly Segment[],
): Promise<void> {
  for (let start = 0; start < segments.length; start += SEGMENTS_AT_ONCE) {
    await transaction
      .insertInto('object_segments')
      .values(
        segments.slice(start, start + SEGMENTS_AT_ONCE).map((segment) => ({
          account_id: scope.accountId,
          project_id: scope.projectId,
          stored_as: storedAs,
          number: segment.number,
          segment_id: segment.segmentId,
          offset_bytes: segment.offsetBytes,
          size_bytes: segment.sizeBytes,
          sealed_size_bytes: segment.sealedSizeBytes,
          sealed_sha256: Buffer.from(segment.sealedSha256),
        })),
      )
      .execute();
  }
}

/** Keeps the object of an asset, or of a part of it, with its segments. */
export async function insertObject(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  object: SealedObject,
  {
    now,
    partId = null,
    expiresAt,
  }: { readonly now: Date; readonly partId?: string | null; readonly expiresAt: Date | null },
): Promise<void> {
  await transaction
    .insertInto('objects')
    .values({
      id: object.objectId,
      account_id: place.accountId,
      project_id: place.projectId,
      asset_id: place.assetId,
      part_id: partId,
      expires_at: expiresAt,
      ...contentColumns(object, place.userId, now),
    })
    .execute();
  await insertSegments(transaction, place, object.objectId, object.segments);
}

/** The ids under which the bucket has the bytes of what is stored as these. */
export async function storedIdsOfRows(
  transaction: DatabaseTransaction,
  scope: ProjectScope,
  storedAs: readonly string[],
): Promise<readonly string[]> {
  if (storedAs.length === 0) return [];
  const rows = await segmentsOf(transaction, scope)
    .select(['stored_as', 'segment_id'])
    .where('stored_as', 'in', [...storedAs])
    .orderBy('number')
    .execute();
  const segmented = new Set(rows.map((row) => row.stored_as));
  return [...storedAs.filter((id) => !segmented.has(id)), ...rows.map((row) => row.segment_id)];
}

/** Rows whose time has not come: a clause of a query. */
export function isThereAt(table: 'assets' | 'objects' | 'asset_parts', now: Date) {
  const expiresAt = sql.ref(`${table}.expires_at`);
  return sql<boolean>`(${expiresAt} is null or ${expiresAt} > ${now})`;
}

/**
 * What of a row changes when the object gets new content. Its segments are inserted beside it; those of the old content go by a trigger.
 * @param savedBy the person
 */
export function contentColumns(object: SealedObject, savedBy: string, now: Date) {
  return {
    purpose: object.purpose,
    stored_as: object.objectId,
    project_key_id: object.projectKeyId,
    wrapped_key: Buffer.from(object.wrappedKey),
    size_bytes: object.sizeBytes ?? null,
    sealed_size_bytes: object.sealedSizeBytes,
    sealed_sha256: Buffer.from(object.sealedSha256),
    created_at: now,
    saved_by: savedBy,
  };
}

export function objectsOf(transaction: DatabaseTransaction, scope: ProjectScope) {
  return transaction
    .selectFrom('objects')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId);
}

export function segmentsOf(transaction: DatabaseTransaction, scope: ProjectScope) {
  return transaction
    .selectFrom('object_segments')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId);
}

function asSealedObject(row: ObjectRow, segments: readonly Segment[]): SealedObject {
  return {
    objectId: row.stored_as,
    purpose: row.purpose,
    projectKeyId: row.project_key_id,
    wrappedKey: row.wrapped_key,
    ...(row.size_bytes === null ? {} : { sizeBytes: row.size_bytes }),
    sealedSizeBytes: row.sealed_size_bytes,
    sealedSha256: row.sealed_sha256,
    segments,
  };
}

type SegmentRow = {
  number: number;
  segment_id: string;
  offset_bytes: number;
  size_bytes: number;
  sealed_size_bytes: number;
  sealed_sha256: Buffer;
};

function asSegment(row: SegmentRow): Segment {
  return {
    number: row.number,
    segmentId: row.segment_id,
    offsetBytes: row.offset_bytes,
    sizeBytes: row.size_bytes,
    sealedSizeBytes: row.sealed_size_bytes,
    sealedSha256: row.sealed_sha256,
  };
}
