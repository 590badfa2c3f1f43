import type { SealedObject } from '../storage/index.ts';
import type { PersonScope } from './asset-store.ts';

/** An object of a project's bucket, without its content. It has no name. */
export type BucketObject = {
  readonly objectId: string;
  /** Size of the sealed bytes. */
  readonly sealedSizeBytes: number;
  readonly createdAt: Date;
  /** The asset whose content it is, or that of a part of it; absent for one that somebody put there by itself. */
  readonly assetId?: string;
  /** The part of the asset whose content it is. */
  readonly partId?: string;
};

/** With what is needed to open it. `sealed.objectId` is a new id for each content. */
export type OpenableObject = BucketObject & { readonly sealed: SealedObject };

/** One page: newest first, ids decide between equal times. */
export type BucketObjectQuery = {
  readonly limit: number;
  readonly after?: { readonly at: Date; readonly id: string };
};

/** How much is in a bucket, and how many assets of its project the person sees. */
export type BucketTotals = {
  readonly assets: number;
  /**
   * In the order of the types. `type` is the asset's; `object` for objects that belong to no asset, `asset` for those of assets that the
   * person does not see.
   */
  readonly byType: readonly { readonly type: string; readonly objects: number; readonly sealedBytes: number }[];
};

/**
 * Port: the rows of objects, by the ids that people know them by. The same rows as {@link AssetStore}'s, for people who were granted the
 * bucket: a person's scope finds what they may open, and changes only what they may write. What has expired is not there.
 */
export type BucketObjectStore = {
  list(scope: PersonScope, query: BucketObjectQuery): Promise<readonly BucketObject[]>;
  /** Nothing for people who may not open the bucket. */
  count(scope: PersonScope): Promise<BucketTotals>;
  find(scope: PersonScope, objectId: string): Promise<OpenableObject | undefined>;
  /**
   * Puts sealed content under the id. What was there before is replaced, and the asset that it belongs to gets the size, and `now` as its
   * time; where nothing was, the object is a new one without an asset.
   * @param options.mustExist true: only replace
   * @param options.partId as it was found: an object that has become another part's, or a part's at all, is not replaced
   * @returns the object, and the ids in the bucket of the bytes that belong to nothing any more
   * @throws AppError `not-found` when it must exist and does not, when the project is gone, or the person may not write there;
   *   `failed-precondition` (reason `asset-locked`) while somebody edits the asset whose content it is.
   */
  put(
    scope: PersonScope,
    objectId: string,
    sealed: SealedObject,
    options: { readonly now: Date; readonly mustExist: boolean; readonly partId?: string | undefined },
  ): Promise<{ readonly object: BucketObject; readonly replacedObjectIds: readonly string[] }>;
  /**
   * Deletes the row with the wrapped key. The asset that it belongs to stays, without content.
   * @returns the ids in the bucket of its bytes
   * @throws AppError `not-found` when there is no such object, or the person may not write there; `failed-precondition` as {@link put}
   */
  delete(scope: PersonScope, objectId: string, now: Date): Promise<readonly string[]>;
};
