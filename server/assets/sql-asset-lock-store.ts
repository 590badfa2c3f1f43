import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../database/index.ts';
import { assetLocked, lockTakenOver } from './asset-conflicts.ts';
import type { AssetLock, AssetLockStore } from './asset-lock-store.ts';
import type { AssetPlace } from './asset-store.ts';
import { isThereAt } from './object-rows.ts';

/** Keeps locks in the table `asset_locks`. A row whose time is over stays until somebody takes the lock. */
export function createSqlAssetLockStore(database: Database): AssetLockStore {
  return {
    find(place, now) {
      return database.inAccount(personOf(place), async (transaction) => {
        const held = await findLock(transaction, place, now);
        return held && shown(held);
      });
    },

    take(place, { editorId, lockType, expiresAt, force }, now) {
      return database.inAccount(personOf(place), async (transaction) => {
        // A save asks for the lock under the same row lock, so it comes before or after.
        const asset = await transaction
          .selectFrom('assets')
          .select('id')
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('id', '=', place.assetId)
          .where(isThereAt('assets', now))
          .forNoKeyUpdate()
          .executeTakeFirst();
        if (asset === undefined) return undefined;
        const held = await findLock(transaction, place, now);
        const isOwn = held?.userId === place.userId && held.editorId === editorId;
        if (held !== undefined && !isOwn && !force) throw assetLocked();
        const takenFrom = isOwn ? undefined : held;
        await transaction
          .deleteFrom('asset_locks')
          .where('account_id', '=', place.accountId)
          .where('asset_id', '=', place.assetId)
          .execute();
        await transaction
          .insertInto('asset_locks')
          .values({
            asset_id: place.assetId,
            account_id: place.accountId,
            project_id: place.projectId,
            lock_type: lockType,
            user_id: place.userId,
            editor_id: editorId,
            taken_from_editor_id: isOwn ? held.takenFromEditorId : (takenFrom?.editorId ?? null),
            taken_at: isOwn ? held.takenAt : now,
            expires_at: expiresAt ?? null,
          })
          .execute();
        const lock = await findLock(transaction, place, now);
        return lock && { lock: shown(lock), ...(takenFrom === undefined ? {} : { takenFrom: shown(takenFrom) }) };
      });
    },

    async giveBack(place, editorId) {
      await database.inAccount(personOf(place), (transaction) =>
        transaction
          .deleteFrom('asset_locks')
          .where('account_id', '=', place.accountId)
          .where('project_id', '=', place.projectId)
          .where('asset_id', '=', place.assetId)
          .where('user_id', '=', place.userId)
          .where('editor_id', '=', editorId)
          .execute(),
      );
    },
  };
}

/**
 * Whether this editor may replace the content. The caller has locked the asset's row.
 * @throws AppError `failed-precondition` (reason `asset-locked` or `lock-taken-over`) while another editor has the lock
 */
export async function requireEditable(
  transaction: DatabaseTransaction,
  place: AssetPlace,
  editorId: string | undefined,
  now: Date,
): Promise<void> {
  const held = await findLock(transaction, place, now);
  if (held === undefined || (held.userId === place.userId && held.editorId === editorId)) return;
  throw editorId !== undefined && held.takenFromEditorId === editorId ? lockTakenOver() : assetLocked();
}

/** Whether this person may delete the asset: its holder may in every window. @throws AppError as {@link requireEditable} */
export async function requireDeletable(transaction: DatabaseTransaction, place: AssetPlace, now: Date): Promise<void> {
  const held = await findLock(transaction, place, now);
  if (held !== undefined && held.userId !== place.userId) throw assetLocked();
}

type HeldLock = AssetLock & { readonly takenFromEditorId: string | null };

async function findLock(transaction: DatabaseTransaction, place: AssetPlace, now: Date): Promise<HeldLock | undefined> {
  const row = await transaction
    .selectFrom('asset_locks')
    .innerJoin('assets', 'assets.id', 'asset_locks.asset_id')
    .leftJoin('users', 'users.id', 'asset_locks.user_id')
    .selectAll('asset_locks')
    .select('users.name as held_by')
    .where('asset_locks.account_id', '=', place.accountId)
    .where('asset_locks.project_id', '=', place.projectId)
    .where('asset_locks.asset_id', '=', place.assetId)
    .where(isThereAt('assets', now))
    .where(sql<boolean>`(asset_locks.expires_at is null or asset_locks.expires_at > ${now})`)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    lockType: row.lock_type,
    userId: row.user_id,
    heldBy: row.held_by ?? '',
    editorId: row.editor_id,
    takenAt: row.taken_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    takenFromEditorId: row.taken_from_editor_id,
  };
}

function shown({ takenFromEditorId: _, ...lock }: HeldLock): AssetLock {
  return lock;
}

function personOf({ accountId, userId }: AssetPlace): { readonly accountId: string; readonly userId: string } {
  return { accountId, userId };
}
