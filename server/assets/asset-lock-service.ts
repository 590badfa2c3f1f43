import type { Actor } from '../core/index.ts';
import type { AssetLock, AssetLockType } from './asset-lock-store.ts';

/** What the lock of an asset is asked about. `type` is what the asset must be: another one is `not-found`. */
export type AssetLockChoice = { readonly type: string };

/** Who edits an asset. Every method checks first whether the actor may; only a lock that was taken from somebody is recorded. */
export type AssetLockService = {
  /** Undefined when nobody holds it. Every collaborator sees that. */
  get(actor: Actor, projectId: string, assetId: string, choice: AssetLockChoice): Promise<AssetLock | undefined>;
  /**
   * Takes the lock, or renews it for the same person and editor.
   * @param request.lasts `while-renewed`: it ends `LOCK_SECONDS` after the last call. `until-given-back`: for programs, which do not renew.
   * @param request.force takes it over from whoever has it, which the audit log says
   * @throws AppError `failed-precondition` (reason `asset-locked`) when another editor has it
   */
  take(
    actor: Actor,
    projectId: string,
    assetId: string,
    request: AssetLockChoice & {
      readonly editorId: string;
      readonly lockType?: AssetLockType;
      readonly lasts?: 'while-renewed' | 'until-given-back';
      readonly force?: boolean;
    },
  ): Promise<AssetLock>;
  /** Gives it back; nothing happens where this person and editor does not have it. */
  giveBack(
    actor: Actor,
    projectId: string,
    assetId: string,
    choice: AssetLockChoice & { readonly editorId: string },
  ): Promise<void>;
};
