import type { Audit, AuditEvent } from '../audit/index.ts';
import { type Actor, type Authorize, type Clock, invalidField, isId, notFound } from '../core/index.ts';
import { type AssetLock, type AssetLockStore, type AssetLockType, LOCK_SECONDS } from './asset-lock-store.ts';
import type { AssetPlace, AssetStore } from './asset-store.ts';

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

export function createAssetLockService(options: {
  readonly store: Pick<AssetStore, 'find'>;
  readonly locks: AssetLockStore;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
}): AssetLockService {
  const { store, locks, authorize, audit, clock } = options;

  async function requireAsset(actor: Actor, projectId: string, assetId: string, type: string): Promise<AssetPlace> {
    const { accountId, userId } = actor;
    const place = { accountId, userId, projectId, assetId };
    const asset = isId(assetId) ? await store.find(place) : undefined;
    if (asset?.type !== type) throw notFound('asset', assetId);
    return place;
  }

  return {
    async get(actor, projectId, assetId, { type }) {
      await authorize(actor, { action: 'list-assets', projectId });
      return locks.find(await requireAsset(actor, projectId, assetId, type), clock.now());
    },

    async take(
      actor,
      projectId,
      assetId,
      { type, editorId, lockType = 'edit', lasts = 'while-renewed', force = false },
    ) {
      await authorize(actor, { action: 'write-asset', projectId });
      if (!isId(editorId)) throw invalidField('editorId', 'must be a UUID');
      const place = await requireAsset(actor, projectId, assetId, type);
      const now = clock.now();
      const end = lasts === 'while-renewed' ? { expiresAt: new Date(now.getTime() + LOCK_SECONDS * 1000) } : {};
      const take = async (force: boolean) => {
        const taken = await locks.take(place, { editorId, lockType, force, ...end }, now);
        if (taken === undefined) throw notFound('asset', assetId);
        return taken;
      };
      // Every renewal would be an event: only taking it from somebody is one.
      const held = force ? await locks.find(place, now) : undefined;
      const isTheirs = held !== undefined && !(held.userId === actor.userId && held.editorId === editorId);
      if (!isTheirs) return (await take(false)).lock;
      const event: AuditEvent = {
        action: 'asset.lock-take-over',
        target: { type: 'asset', id: assetId },
        projectId,
        details: { userId: held.userId },
      };
      return (await audit.change(actor, event, () => take(true))).lock;
    },

    async giveBack(actor, projectId, assetId, { type, editorId }) {
      await authorize(actor, { action: 'write-asset', projectId });
      if (!isId(editorId)) throw invalidField('editorId', 'must be a UUID');
      await locks.giveBack(await requireAsset(actor, projectId, assetId, type), editorId);
    },
  };
}
