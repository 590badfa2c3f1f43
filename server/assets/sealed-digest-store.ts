import type { SealedDigests } from '../audit/index.ts';
import type { AssetPlace, PersonScope } from './asset-store.ts';

/**
 * Port: what is kept of sealed objects for the receipt of their deletion. Each method is called in the transaction of the deletion, before
 * it, and holds what it tells of until that ends: nobody puts other content there in between. A person's scope reaches what they may delete.
 */
export type SealedDigestStore = {
  /** Undefined when there is no such asset, or the person may not write it. */
  ofAsset(place: AssetPlace): Promise<SealedDigests | undefined>;
  /** Undefined when there is no such object, or the person may not write it. @param now the time of the deletion */
  ofObject(scope: PersonScope, objectId: string, now: Date): Promise<SealedDigests | undefined>;
  /** Of every sealed object of a project, however many; of none when there is no such project of which the person is an Admin. */
  ofProject(scope: PersonScope): Promise<SealedDigests>;
  /**
   * The ids in the bucket of what the key of a project, or without one every key of the account, has sealed; by project. Also of what the
   * person does not see.
   * @throws AppError `permission-denied` for whoever does not manage the key.
   */
  storedIds(scope: KeyPlace): Promise<ReadonlyMap<string, readonly string[]>>;
};

/** Whose key, and who manages it. */
export type KeyPlace = { readonly accountId: string; readonly projectId?: string; readonly userId: string };
