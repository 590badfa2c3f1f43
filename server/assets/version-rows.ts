import { newId } from '../core/index.ts';
import type { DatabaseTransaction } from '../database/index.ts';
import type { SealedObject } from '../storage/index.ts';
import { type DestroyedParts, NO_PARTS } from './asset-part-store.ts';
import type { AssetPlace } from './asset-store.ts';
import { insertObject, objectsOf, storedIdsOfRows } from './object-rows.ts';
import { destroyOldestParts, partsOfAsset } from './part-rows.ts';
import { MOST_VERSIONS, type SaveConditions, SECONDS_BETWEEN_AUTOSAVED_VERSIONS } from './save-conditions.ts';

/** What the row of an asset says of how its versions are kept. The caller has locked it. */
export type VersionedRow = {
  readonly last_part_number: number;
  readonly keeps_versions: boolean;
  readonly autosaves: boolean;
  readonly expires_at: Date | null;
};

/**
 * Puts a new object in the place of an asset's content, which becomes a version or goes.
 * @returns the ids in the bucket of the bytes that belong to nothing any more, and which versions went
 */
export async function replaceContent(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  asset: VersionedRow,
  { object, keepVersion = 'as-set' }: Pick<SaveConditions, 'keepVersion'> & { readonly object: SealedObject },
  now: Date,
): Promise<{ readonly replacedObjectIds: readonly string[]; readonly destroyed: DestroyedParts }> {
  const replaced = await contentRows(transaction, place)
    .selectAll()
    .orderBy('created_at', 'desc')
    .forUpdate()
    .execute();
  const [newest] = replaced;
  const isKept =
    newest !== undefined &&
    (keepVersion === 'always' ||
      (asset.keeps_versions && !(asset.autosaves && (await isCloseToLastVersion(transaction, place, newest)))));
  const destroyed = isKept ? await makeVersion(transaction, place, asset, newest) : NO_PARTS;
  const gone = (isKept ? replaced.slice(1) : replaced).map((row) => row.stored_as);
  const replacedObjectIds = await storedIdsOfRows(transaction, place, gone);
  await transaction
    .deleteFrom('objects')
    .where('account_id', '=', place.accountId)
    .where('asset_id', '=', place.assetId)
    .where('part_id', 'is', null)
    .execute();
  await insertObject(transaction, place, object, { now, expiresAt: asset.expires_at });
  return { replacedObjectIds, destroyed };
}

type ReplacedRow = {
  readonly id: string;
  readonly created_at: Date;
  readonly saved_by: string | null;
  readonly size_bytes: number | null;
  readonly sealed_size_bytes: number;
};

/** Whether the same person goes on editing, soon after the last version: its content and this one are theirs. */
async function isCloseToLastVersion(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  { created_at, saved_by }: ReplacedRow,
): Promise<boolean> {
  const last = await partsOfAsset(transaction, place)
    .select(['created_at', 'created_by'])
    .where('kind', '=', 'version')
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined || last.created_by !== place.userId || saved_by !== place.userId) return false;
  return created_at.getTime() - last.created_at.getTime() < SECONDS_BETWEEN_AUTOSAVED_VERSIONS * 1000;
}

/** The object stays as it is sealed; only whose content it is changes. */
async function makeVersion(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  asset: VersionedRow,
  row: ReplacedRow,
): Promise<DestroyedParts> {
  const [id, number] = [newId(), asset.last_part_number + 1];
  const { created_by } = await transaction
    .selectFrom('assets')
    .select('created_by')
    .where('account_id', '=', place.accountId)
    .where('id', '=', place.assetId)
    .executeTakeFirstOrThrow();
  await transaction
    .insertInto('asset_parts')
    .values({
      id,
      account_id: place.accountId,
      project_id: place.projectId,
      asset_id: place.assetId,
      kind: 'version',
      number,
      created_by: row.saved_by ?? created_by,
      created_at: row.created_at,
      expires_at: asset.expires_at,
      size_bytes: row.size_bytes,
      sealed_size_bytes: row.sealed_size_bytes,
    })
    .execute();
  await transaction
    .updateTable('objects')
    .set({ part_id: id })
    .where('account_id', '=', place.accountId)
    .where('project_id', '=', place.projectId)
    .where('id', '=', row.id)
    .execute();
  await transaction
    .updateTable('assets')
    .set({ last_part_number: number })
    .where('account_id', '=', place.accountId)
    .where('id', '=', place.assetId)
    .execute();
  return destroyOldestParts(transaction, place, 'version', MOST_VERSIONS);
}

function contentRows(transaction: DatabaseTransaction, place: AssetPlace) {
  return objectsOf(transaction, place).where('asset_id', '=', place.assetId).where('part_id', 'is', null);
}
