import type { AssetPlace } from './asset-store.ts';

/** Seconds from taking or renewing a lock to its end, for an editor that renews it. */
export const LOCK_SECONDS = 60;

export const assetLockTypes = ['edit', 'governance'] as const;
export type AssetLockType = (typeof assetLockTypes)[number];

/**
 * Somebody edits an asset: its content is replaced by that editor only, and the asset deleted by that person only. Names, descriptions and
 * tags are not locked. A lock that has ended is not there.
 */
export type AssetLock = {
  readonly lockType: AssetLockType;
  readonly userId: string;
  /** Name of the person. */
  readonly heldBy: string;
  /** Chosen by the editor (a tab of a browser, a program) for as long as it is open. */
  readonly editorId: string;
  readonly takenAt: Date;
  /** Absent: until it is given back or taken over. */
  readonly expiresAt?: Date;
};

export type LockRequest = {
  readonly editorId: string;
  readonly lockType: AssetLockType;
  readonly expiresAt?: Date;
  /** Takes it over, whoever has it. */
  readonly force: boolean;
};

/** Port: the locks of assets, one each. Every method is one transaction, or part of the one around it. */
export type AssetLockStore = {
  /** Undefined when nobody holds it, or there is no such asset. */
  find(place: AssetPlace, now: Date): Promise<AssetLock | undefined>;
  /**
   * Takes the lock, renews it where the same person and editor has it, or with `force` takes it over.
   * @returns the lock as it is now, and whom it was taken from; undefined when there is no such asset, or the person may not write it
   * @throws AppError `failed-precondition` (reason `asset-locked`) when somebody else, or another editor, has it
   */
  take(
    place: AssetPlace,
    request: LockRequest,
    now: Date,
  ): Promise<{ readonly lock: AssetLock; readonly takenFrom?: AssetLock } | undefined>;
  /** Gives it back where this person and editor has it; otherwise nothing happens. */
  giveBack(place: AssetPlace, editorId: string): Promise<void>;
};
