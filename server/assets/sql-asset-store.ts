import { sql } from 'kysely';
import { sumDigests } from '../audit/index.ts';
import { type Clock, notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isRefusedRow } from '../database/index.ts';
import { contentChanged } from './asset-conflicts.ts';
import { NO_PARTS } from './asset-part-store.ts';
import type {
  Asset,
  AssetChange,
  AssetOfProject,
  AssetPlace,
  AssetStore,
  ChangedAsset,
  NewAsset,
  PersonScope,
  ProjectScope,
} from './asset-store.ts';
import {
  insertObject,
  isThereAt,
  keepProject,
  loadSealedObject,
  objectsOf,
  segmentsOf,
  storedIdsOfRows,
} from './object-rows.ts';
import { requireDeletable, requireEditable } from './sql-asset-lock-store.ts';
import { replaceContent } from './version-rows.ts';

/** Keeps assets in the tables `assets`, `objects` and `object_segments`. What the clock says has expired is not there. */
export function createSqlAssetStore(database: Database, clock: Pick<Clock, 'now'>): AssetStore {
  async function changed(
    transaction: DatabaseTransaction,
    place: AssetPlace,
    { isRepeated = false, replacedObjectIds = [], destroyed = NO_PARTS }: Partial<Omit<ChangedAsset, 'asset'>>,
  ): Promise<ChangedAsset | undefined> {
    const asset = await findAsset(transaction, place, clock.now());
    return asset && { asset, isRepeated, replacedObjectIds, destroyed };
  }

  return {
    async insert(scope: PersonScope, asset: NewAsset, now: Date) {
      try {
        return await database.inAccount(personOf(scope), async (transaction) => {
          // Keeps the project as `keepProject` does, by its reference to it, so it comes before the object.
          await transaction
            .insertInto('assets')
            .values({
              id: asset.id,
              account_id: scope.accountId,
              project_id: scope.projectId,
              type: asset.type,
              name: asset.name,
              description: asset.description,
              tags: [...(asset.tags ?? [])],
              media_type: asset.mediaType ?? '',
              created_by: asset.createdByUserId,
              created_at: now,
              updated_at: now,
              size_bytes: asset.object.sizeBytes ?? null,
              sealed_size_bytes: asset.object.sealedSizeBytes,
              expires_at: asset.expiresAt ?? null,
              autosaves: asset.settings?.autosaves ?? false,
              keeps_versions: asset.settings?.keepsVersions ?? false,
            })
            .execute();
          const place = { ...scope, assetId: asset.id };
          await insertObject(transaction, place, asset.object, { now, expiresAt: asset.expiresAt ?? null });
          const kept = await findAsset(transaction, place, clock.now());
          if (kept === undefined) throw notFound('project', scope.projectId);
          return kept;
        });
      } catch (error) {
        if (isRefusedRow(error)) throw notFound('project', scope.projectId);
        throw error;
      }
    },

    find(place: AssetPlace) {
      return database.inAccount(personOf(place), (transaction) => findAsset(transaction, place, clock.now()));
    },

    findWithObject(place: AssetPlace) {
      return database.inAccount(personOf(place), async (transaction) => {
        const asset = await findAsset(transaction, place, clock.now());
        if (asset === undefined) return undefined;
        const row = await contentOf(transaction, place).selectAll().orderBy('created_at', 'desc').executeTakeFirst();
        return { asset, object: row === undefined ? undefined : await loadSealedObject(transaction, place, row) };
      });
    },

    update(place: AssetPlace, change: AssetChange, now: Date) {
      return database.inAccount(personOf(place), async (transaction) => {
        await keepProject(transaction, place);
        // Saves of one asset come in a row: each takes the place of the one before it.
        const before = await assetRow(transaction, place)
          .select(['revision', 'last_save_id', 'last_part_number', 'keeps_versions', 'autosaves', 'expires_at'])
          .where(isThereAt('assets', clock.now()))
          .forNoKeyUpdate()
          .executeTakeFirst();
        if (before === undefined) return undefined;
        const { saveId, ifRevision, object } = change;
        const isRepeated = saveId !== undefined && before.last_save_id === saveId;
        if (isRepeated) return changed(transaction, place, { isRepeated });
        if (object !== undefined) await requireEditable(transaction, place, change.editorId, now);
        if (ifRevision !== undefined && ifRevision !== before.revision) throw contentChanged();
        const replaced =
          object === undefined ? {} : await replaceContent(transaction, place, before, { ...change, object }, now);
        await transaction
          .updateTable('assets')
          .set({ updated_at: sql<Date>`greatest(updated_at, ${now})`, ...columnsOf(change) })
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('id', '=', place.assetId)
          .execute();
        return changed(transaction, place, replaced);
      });
    },

    delete(place: AssetPlace) {
      return database.inAccount(personOf(place), async (transaction) => {
        // Locked, so that no save can put another object there meanwhile.
        const asset = await assetRow(transaction, place)
          .select('id')
          .where(isThereAt('assets', clock.now()))
          .forUpdate()
          .executeTakeFirst();
        if (asset === undefined) return undefined;
        await requireDeletable(transaction, place, clock.now());
        return deleteAsset(transaction, place);
      });
    },

    listExpired(accountId: string, now: Date, limit: number) {
      return database.inAccount({ accountId }, async (transaction) => {
        const rows = await transaction
          .selectFrom('assets')
          .select(['project_id', 'id'])
          .where('account_id', '=', accountId)
          .where('expires_at', '<=', now)
          .orderBy('expires_at')
          .limit(limit)
          .execute();
        return rows.map((row) => ({ accountId, projectId: row.project_id, assetId: row.id }));
      });
    },

    deleteExpired(place: AssetOfProject, now: Date) {
      return database.inAccount({ accountId: place.accountId }, async (transaction) => {
        const asset = await assetRow(transaction, place)
          .select('id')
          .where('expires_at', '<=', now)
          .forUpdate()
          .executeTakeFirst();
        if (asset === undefined) return undefined;
        const objects = await objectsOf(transaction, place)
          .select(['id', 'sealed_size_bytes', 'sealed_sha256'])
          .where('asset_id', '=', place.assetId)
          .execute();
        const digests = sumDigests(
          objects.map((row) => ({
            objectId: row.id,
            sealedSizeBytes: row.sealed_size_bytes,
            sha256: row.sealed_sha256.toString('hex'),
          })),
        );
        return { digests, storedIds: await deleteAsset(transaction, place) };
      });
    },

    referenced(scope: ProjectScope, objectIds: readonly string[]) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        if (objectIds.length === 0) return new Set<string>();
        const ids = [...objectIds];
        const whole = await objectsOf(transaction, scope).select('stored_as').where('stored_as', 'in', ids).execute();
        const parts = await segmentsOf(transaction, scope)
          .select('segment_id')
          .where('segment_id', 'in', ids)
          .execute();
        return new Set([...whole.map((row) => row.stored_as), ...parts.map((row) => row.segment_id)]);
      });
    },

    hasProject(scope: ProjectScope) {
      return database.inAccount({ accountId: scope.accountId }, async (transaction) => {
        const project = await transaction
          .selectFrom('projects')
          .select('id')
          .where('account_id', '=', scope.accountId)
          .where('id', '=', scope.projectId)
          .executeTakeFirst();
        return project !== undefined;
      });
    },
  };
}

function personOf({ accountId, userId }: PersonScope): { readonly accountId: string; readonly userId: string } {
  return { accountId, userId };
}

/** The name of the person comes from a table of its own; they may be gone without the asset being lost. */
function selectAssets(transaction: DatabaseTransaction, scope: ProjectScope) {
  return transaction
    .selectFrom('assets')
    .leftJoin('users', 'users.id', 'assets.created_by')
    .select([...assetColumns, 'users.name as created_by_name'])
    .where('assets.account_id', '=', scope.accountId)
    .where('assets.project_id', '=', scope.projectId);
}

async function findAsset(transaction: DatabaseTransaction, place: AssetPlace, now: Date): Promise<Asset | undefined> {
  const row = await selectAssets(transaction, place)
    .where('assets.id', '=', place.assetId)
    .where(isThereAt('assets', now))
    .executeTakeFirst();
  return row === undefined ? undefined : asAsset(row);
}

function assetRow(transaction: DatabaseTransaction, { accountId, projectId, assetId }: AssetOfProject) {
  return transaction
    .selectFrom('assets')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .where('id', '=', assetId);
}

/** The rows of the content that the asset has now, without its parts. */
function contentOf(transaction: DatabaseTransaction, place: AssetOfProject) {
  return objectsOf(transaction, place).where('asset_id', '=', place.assetId).where('part_id', 'is', null);
}

function columnsOf({ name, description, tags, settings, object, saveId }: AssetChange) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(settings?.autosaves === undefined ? {} : { autosaves: settings.autosaves }),
    ...(settings?.keepsVersions === undefined ? {} : { keeps_versions: settings.keepsVersions }),
    ...(saveId === undefined ? {} : { last_save_id: saveId }),
    ...(object === undefined
      ? {}
      : {
          size_bytes: object.sizeBytes ?? null,
          sealed_size_bytes: object.sealedSizeBytes,
          revision: sql<number>`revision + 1`,
        }),
  };
}

/** Objects, segments, parts and the lock go with it. @returns the ids in the bucket of the bytes that belong to nothing any more */
async function deleteAsset(transaction: DatabaseTransaction, place: AssetOfProject): Promise<readonly string[]> {
  const rows = await objectsOf(transaction, place)
    .select('stored_as')
    .where('asset_id', '=', place.assetId)
    .forUpdate()
    .execute();
  const storedAs = rows.map((row) => row.stored_as);
  const storedIds = await storedIdsOfRows(transaction, place, storedAs);
  await transaction
    .deleteFrom('assets')
    .where('account_id', '=', place.accountId)
    .where('id', '=', place.assetId)
    .execute();
  return storedIds;
}

/** What of a row of `assets` makes an {@link Asset}, besides the name of the person. */
export const assetColumns = [
  'assets.id',
  'assets.project_id',
  'assets.type',
  'assets.name',
  'assets.description',
  'assets.created_at',
  'assets.updated_at',
  'assets.created_by',
  'assets.tags',
  'assets.media_type',
  'assets.size_bytes',
  'assets.sealed_size_bytes',
  'assets.revision',
  'assets.autosaves',
  'assets.keeps_versions',
  'assets.expires_at',
] as const;

export type AssetRow = {
  id: string;
  project_id: string;
  type: string;
  name: string;
  description: string;
  created_at: Date;
  updated_at: Date;
  created_by: string;
  created_by_name: string | null;
  tags: string[];
  media_type: string;
  size_bytes: number | null;
  sealed_size_bytes: number;
  revision: number;
  autosaves: boolean;
  keeps_versions: boolean;
  expires_at: Date | null;
};

export function asAsset(row: AssetRow): Asset {
  return {
    id: row.id,
    projectId: row.project_id,
    type: row.type,
    name: row.name,
    description: row.description,
    tags: row.tags,
    mediaType: row.media_type,
    ...(row.size_bytes === null ? {} : { sizeBytes: row.size_bytes }),
    sealedSizeBytes: row.sealed_size_bytes,
    createdAt: row.created_at,
    createdByUserId: row.created_by,
    createdBy: row.created_by_name ?? '',
    updatedAt: row.updated_at,
    revision: row.revision,
    settings: { autosaves: row.autosaves, keepsVersions: row.keeps_versions },
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  };
}
