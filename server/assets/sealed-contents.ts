import { type Logger, loggableError, newId } from '../core/index.ts';
import type { SealedObject, Storage } from '../storage/index.ts';
import type { AssetStore, ProjectScope } from './asset-store.ts';
import type { ObjectsInFlight } from './objects-in-flight.ts';

/** What an asset's object is sealed for. Part of its encryption context: never changes. */
export const ASSET_CONTENT = 'asset-content';

type SealedContentsOptions = {
  readonly store: Pick<AssetStore, 'referenced'>;
  readonly storage: Storage;
  readonly inFlight: ObjectsInFlight;
  readonly logger: Logger;
};

/** The bytes behind the rows: sealed before there is a row, and deleted after it is gone. */
export class SealedContents {
  readonly #options: SealedContentsOptions;

  constructor(options: SealedContentsOptions) {
    this.#options = options;
  }

  /** Seals content under a new id, then lets `acknowledge` write the rows. If that fails, the bytes go away again. */
  save<T>(
    { accountId, projectId }: ProjectScope,
    purpose: string,
    content: AsyncIterable<Uint8Array>,
    acknowledge: (sealed: SealedObject) => Promise<T>,
  ): Promise<T> {
    const { store, storage, inFlight } = this.#options;
    const scope = { accountId, projectId };
    const objectId = newId();
    return inFlight.during(objectId, async () => {
      const sealed = await storage.sealedBucket.put({ ...scope, purpose, objectId }, content);
      try {
        return await acknowledge(sealed);
      } catch (error) {
        // A connection that broke during the commit leaves it open whether the row is there. Only an object without a row may go.
        const referenced = await store.referenced(scope, [objectId]).catch(() => undefined);
        if (referenced?.has(objectId) === false) await this.delete(scope, objectId);
        throw error;
      }
    });
  }

  /** Opens what was sealed; see `SealedBucket.get`. */
  open({ accountId, projectId }: ProjectScope, sealed: SealedObject): Promise<AsyncIterable<Uint8Array>> {
    return this.#options.storage.sealedBucket.get({ accountId, projectId }, sealed);
  }

  /** Deletes bytes whose key is gone already. A failure is no failure of the caller's: the sweep takes what is left. */
  async delete({ accountId, projectId }: ProjectScope, objectId: string): Promise<void> {
    const { storage, logger } = this.#options;
    try {
      await storage.sealedBucket.delete({ accountId, projectId }, objectId);
    } catch (error) {
      logger.warn('a sealed object could not be deleted; the next sweep tries again', {
        accountId,
        projectId,
        error: loggableError(error),
      });
    }
  }
}
