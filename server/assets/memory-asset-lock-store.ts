import { assetLocked } from './asset-conflicts.ts';
import type { AssetLock, AssetLockStore } from './asset-lock-store.ts';
import type { AssetPlace } from './asset-store.ts';
import type { AssetRecord, MemoryAssetRecords } from './memory-asset-records.ts';
import { isHeldAt } from './memory-asset-store.ts';

/** A store of locks in memory, for tests, over the rows that the other stores share. */
export function createMemoryAssetLockStore(
  records: MemoryAssetRecords,
  nameOfUser: (userId: string) => string = () => '',
): AssetLockStore {
  function findHeld(place: AssetPlace, now: Date): AssetRecord['lock'] {
    const lock = records.findAsset(place)?.lock;
    return lock !== undefined && isHeldAt(lock, now) ? lock : undefined;
  }

  const shown = ({ takenFromEditorId: _, ...lock }: NonNullable<AssetRecord['lock']>): AssetLock => ({
    ...lock,
    heldBy: nameOfUser(lock.userId),
  });

  return {
    async find(place, now) {
      const held = findHeld(place, now);
      return held && shown(held);
    },
    async take(place, { editorId, lockType, expiresAt, force }, now) {
      const record = records.findAsset(place);
      if (record === undefined || !records.writesAssets(place)) return undefined;
      const held = findHeld(place, now);
      const isOwn = held?.userId === place.userId && held.editorId === editorId;
      if (held !== undefined && !isOwn && !force) throw assetLocked();
      const takenFromEditorId = isOwn ? held.takenFromEditorId : held?.editorId;
      record.lock = {
        lockType,
        userId: place.userId,
        heldBy: '',
        editorId,
        takenAt: isOwn ? held.takenAt : now,
        ...(expiresAt === undefined ? {} : { expiresAt }),
        ...(takenFromEditorId === undefined ? {} : { takenFromEditorId }),
      };
      return { lock: shown(record.lock), ...(held === undefined || isOwn ? {} : { takenFrom: shown(held) }) };
    },
    async giveBack(place, editorId) {
      const record = records.findAsset(place);
      if (record?.lock?.userId === place.userId && record.lock.editorId === editorId) delete record.lock;
    },
  };
}
