import type { SealedDigest, SealedDigests } from '../audit/index.ts';
import { digestOfSegments, type Segment } from '../storage/index.ts';
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
  /**
   * Of everything that the key of a project, or without one every key of the account, has sealed, however much; uploads that are under way are
   * among it, each as the object that it would become. An account's are only summed up: they are in projects that the person may not see.
   * @throws AppError `not-found` for a project of which the person is no Admin (any more); `permission-denied` for whoever does not manage the
   *   account's key.
   */
  ofKey(scope: KeyPlace): Promise<SealedDigests>;
  /**
   * The ids in the bucket of what the key of a project, or without one every key of the account, has sealed; by project. Also of what the
   * person does not see.
   * @throws AppError `permission-denied` for whoever does not manage the key.
   */
  storedIds(scope: KeyPlace): Promise<ReadonlyMap<string, readonly string[]>>;
};

/** Whose key, and who manages it. */
export type KeyPlace = { readonly accountId: string; readonly projectId?: string; readonly userId: string };

/** Of an upload that is under way: the digest that an object of its segments would have. None while nothing has come. */
export function digestsOfUpload(uploadId: string, segments: readonly Segment[]): readonly SealedDigest[] {
  if (segments.length === 0) return [];
  const sealedSizeBytes = segments.reduce((sum, segment) => sum + segment.sealedSizeBytes, 0);
  const sha256 = Buffer.from(digestOfSegments(segments)).toString('hex');
  return [{ objectId: uploadId, sealedSizeBytes, sha256 }];
}
