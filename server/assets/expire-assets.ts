import { type Audit, type AuditEvent, sumDigests, theServer } from '../audit/index.ts';
import { type Clock, isAppError, type Logger, loggableError, notFound } from '../core/index.ts';
import type { AssetPartStore } from './asset-part-store.ts';
import type { AssetOfProject, AssetStore } from './asset-store.ts';
import type { SealedContents } from './sealed-contents.ts';

/** Looked for in one question, and of parts destroyed under one event. */
const BATCH = 200;

/** What an expiry destroyed. */
export type Expiry = { readonly assets: number; readonly parts: number };

/**
 * Destroys assets and parts whose time has come: the keys with an event in the audit log, then the bytes. Nobody finds them before that
 * either. What fails is logged and left to the next time, so that one account, or one storage that does not answer, keeps no other waiting.
 */
export async function expireAssets(options: {
  readonly store: Pick<AssetStore, 'listExpired' | 'deleteExpired'>;
  readonly parts: Pick<AssetPartStore, 'listExpired' | 'deleteExpired'>;
  readonly contents: Pick<SealedContents, 'delete'>;
  readonly audit: Pick<Audit, 'change'>;
  readonly listAccountIds: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Expiry> {
  const { store, parts, contents, audit, clock, logger } = options;
  const now = clock.now();

  async function expireAsset(place: AssetOfProject): Promise<number> {
    const destroyed = await audit
      .change(
        theServer(place.accountId),
        ({ digests }) => eventOf('asset.expire', place, { sealedSha256: digests.sealedSha256 }),
        async () => {
          const gone = await store.deleteExpired(place, now);
          if (gone === undefined) throw notFound('asset', place.assetId);
          return gone;
        },
      )
      .catch(unlessIsGone);
    if (destroyed === undefined) return 0;
    await contents.delete(place, destroyed.storedIds);
    return 1;
  }

  async function expireParts(place: AssetOfProject): Promise<number> {
    const destroyed = await audit
      .change(
        theServer(place.accountId),
        ({ numbers, digests }) => eventOf('asset-part.expire', place, { ...sumDigests(digests), numbers }),
        async () => {
          const gone = await parts.deleteExpired(place, now, BATCH);
          if (gone.numbers.length === 0) throw notFound('asset', place.assetId);
          return gone;
        },
      )
      .catch(unlessIsGone);
    if (destroyed === undefined) return 0;
    await contents.delete(place, destroyed.storedIds);
    return destroyed.numbers.length;
  }

  /** Until nothing is found, or nothing of what is found goes. */
  async function expireAll(
    accountId: string,
    list: (accountId: string, now: Date, limit: number) => Promise<readonly AssetOfProject[]>,
    expire: (place: AssetOfProject) => Promise<number>,
  ): Promise<number> {
    let total = 0;
    for (;;) {
      let removed = 0;
      for (const place of await list(accountId, now, BATCH)) {
        removed += await expire(place).catch((error: unknown) => {
          logger.warn('what expired could not be removed; the next time tries again', {
            ...place,
            error: loggableError(error),
          });
          return 0;
        });
      }
      total += removed;
      if (removed === 0) return total;
    }
  }

  const done = { assets: 0, parts: 0 };
  for (const accountId of await options.listAccountIds()) {
    done.assets += await expireAll(accountId, store.listExpired, expireAsset);
    done.parts += await expireAll(accountId, parts.listExpired, expireParts);
  }
  if (done.assets + done.parts > 0) logger.info('removed what had expired', { count: done.assets + done.parts });
  return done;
}

function eventOf(
  action: 'asset.expire' | 'asset-part.expire',
  { projectId, assetId }: AssetOfProject,
  { sealedSha256, numbers }: { readonly sealedSha256?: string | undefined; readonly numbers?: readonly number[] },
): AuditEvent {
  const details = {
    ...(sealedSha256 === undefined ? {} : { sealedSha256 }),
    ...(numbers === undefined ? {} : { partNumbers: numbers }),
  };
  return { action, target: { type: 'asset', id: assetId }, projectId, details };
}

/** Somebody has deleted it since, or another server was faster. */
function unlessIsGone(error: unknown): undefined {
  if (isAppError(error, 'not-found')) return undefined;
  throw error;
}
