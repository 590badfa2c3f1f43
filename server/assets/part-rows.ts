import type { SealedDigest } from '../audit/index.ts';
import type { DatabaseTransaction } from '../database/index.ts';
import { type AssetPart, type AssetPartKind, type DestroyedParts, NO_PARTS } from './asset-part-store.ts';
import type { AssetOfProject, ProjectScope } from './asset-store.ts';
import { isThereAt, objectsOf, storedIdsOfRows } from './object-rows.ts';

/** Rows of the table `asset_parts`, which two stores share. Whoever changes them has locked their asset's row. */
export type PartRow = {
  id: string;
  asset_id: string;
  kind: AssetPartKind;
  number: number;
  name: string;
  description: string;
  created_by: string;
  created_by_name: string | null;
  created_at: Date;
  expires_at: Date | null;
  size_bytes: number | null;
  sealed_size_bytes: number;
};

/** The name of the person comes from a table of its own; they may be gone without the part being lost. */
export function selectParts(transaction: DatabaseTransaction, scope: ProjectScope, now: Date) {
  return transaction
    .selectFrom('asset_parts')
    .leftJoin('users', 'users.id', 'asset_parts.created_by')
    .selectAll('asset_parts')
    .select('users.name as created_by_name')
    .where('asset_parts.account_id', '=', scope.accountId)
    .where('asset_parts.project_id', '=', scope.projectId)
    .where(isThereAt('asset_parts', now));
}

export function asPart(row: PartRow): AssetPart {
  return {
    id: row.id,
    assetId: row.asset_id,
    kind: row.kind,
    number: row.number,
    name: row.name,
    description: row.description,
    ...(row.size_bytes === null ? {} : { sizeBytes: row.size_bytes }),
    sealedSizeBytes: row.sealed_size_bytes,
    createdAt: row.created_at,
    createdByUserId: row.created_by,
    createdBy: row.created_by_name ?? '',
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  };
}

/** Destroys the oldest parts of a kind, so that so many stay. */
export async function destroyOldestParts(
  transaction: DatabaseTransaction,
  place: AssetOfProject,
  kind: AssetPartKind,
  mostKept: number,
): Promise<DestroyedParts> {
  const rows = await partsOfAsset(transaction, place)
    .select(['id', 'number'])
    .where('kind', '=', kind)
    .orderBy('number', 'desc')
    .offset(mostKept)
    .execute();
  return destroyParts(transaction, place, rows);
}

/** Deletes parts with their objects, and so with their wrapped keys. */
export async function destroyParts(
  transaction: DatabaseTransaction,
  scope: ProjectScope,
  parts: readonly { readonly id: string; readonly number: number }[],
): Promise<DestroyedParts> {
  if (parts.length === 0) return NO_PARTS;
  const ids = parts.map(({ id }) => id);
  const objects = await objectsOf(transaction, scope)
    .select(['id', 'stored_as', 'sealed_size_bytes', 'sealed_sha256'])
    .where('part_id', 'in', ids)
    .forUpdate()
    .execute();
  const storedAs = objects.map((row) => row.stored_as);
  const storedIds = await storedIdsOfRows(transaction, scope, storedAs);
  // Their objects and segments go with them.
  await transaction
    .deleteFrom('asset_parts')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId)
    .where('id', 'in', ids)
    .execute();
  return { numbers: parts.map(({ number }) => number), digests: objects.map(asDigest), storedIds };
}

export function partsOfAsset(transaction: DatabaseTransaction, { accountId, projectId, assetId }: AssetOfProject) {
  return transaction
    .selectFrom('asset_parts')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .where('asset_id', '=', assetId);
}

function asDigest(row: { id: string; sealed_size_bytes: number; sealed_sha256: Buffer }): SealedDigest {
  return { objectId: row.id, sealedSizeBytes: row.sealed_size_bytes, sha256: row.sealed_sha256.toString('hex') };
}
