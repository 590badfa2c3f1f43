import type { SealedDigest } from '../audit/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { AssetOfProject, AssetPlace, PersonScope } from './asset-store.ts';

/** `version`: a content of the asset that was replaced. `entry`: a submitted prompt of a session. */
export const assetPartKinds = ['version', 'entry'] as const;
export type AssetPartKind = (typeof assetPartKinds)[number];

/** A content of its own under an asset, without that content: metadata, seen by every collaborator. It goes with its asset. */
export type AssetPart = {
  readonly id: string;
  readonly assetId: string;
  readonly kind: AssetPartKind;
  /** Counts from 1 in its asset; numbers of parts that are gone are not used again. */
  readonly number: number;
  /** What somebody called it; usually empty, as nothing is named after its content. */
  readonly name: string;
  readonly description: string;
  /** Size of the content, bytes; absent when it was saved before this was kept, or is missing. */
  readonly sizeBytes?: number;
  /** Size of the sealed object, bytes; 0 when its content is missing. */
  readonly sealedSizeBytes: number;
  /** Of a version: when this content was saved. */
  readonly createdAt: Date;
  readonly createdByUserId: string;
  /** Name of the person; empty when the person is no member any more. */
  readonly createdBy: string;
  /** From then on it is not found, and soon destroyed. Absent: it stays until it is deleted. */
  readonly expiresAt?: Date;
};

/** What is needed to open it; undefined if its row was lost, or the person may not open it. */
export type OpenablePart = { readonly part: AssetPart; readonly object: SealedObject | undefined };

export type NewAssetPart = Pick<AssetPart, 'id' | 'kind' | 'createdByUserId' | 'createdAt' | 'expiresAt'> & {
  readonly name?: string;
  readonly description?: string;
  readonly object: SealedObject;
};

/** Parts that were destroyed with their keys: for the audit log, and for the bucket. */
export type DestroyedParts = {
  readonly numbers: readonly number[];
  readonly digests: readonly SealedDigest[];
  /** In the bucket, of their bytes. */
  readonly storedIds: readonly string[];
};

export const NO_PARTS: DestroyedParts = { numbers: [], digests: [], storedIds: [] };

export type AssetPartPage = {
  readonly kind: AssetPartKind;
  readonly limit: number;
  /** Only parts with smaller numbers. */
  readonly before?: number;
};

/**
 * Port: the rows of the parts of assets. A part that has expired, or whose asset has, is not there. Every method is one transaction, or part
 * of the one around it, and trusts its caller as {@link AssetStore} does.
 */
export type AssetPartStore = {
  /**
   * Adds a part as the newest, under the next number. Of more than `mostKept` of its kind the oldest are destroyed. The asset's `updatedAt`
   * becomes `now`. The same id again adds nothing and gives back what is there.
   * @returns undefined when there is no such asset, or the person may not write it; without `isNew` the id was there already
   * @throws AppError `already-exists` when the id is that of another asset's part
   */
  add(
    place: AssetPlace,
    part: NewAssetPart,
    options: { readonly mostKept: number; readonly now: Date },
  ): Promise<{ readonly part: AssetPart; readonly isNew: boolean; readonly destroyed: DestroyedParts } | undefined>;
  /** The newest first. Nothing where there is no such asset. */
  list(place: AssetPlace, page: AssetPartPage): Promise<readonly AssetPart[]>;
  /** How many there are of a kind, by asset; those without any are left out. */
  count(scope: PersonScope, assetIds: readonly string[], kind: AssetPartKind): Promise<ReadonlyMap<string, number>>;
  /** Those of the numbers that are there, the newest first, with what opens them. */
  findWithObjects(place: AssetPlace, kind: AssetPartKind, numbers: readonly number[]): Promise<readonly OpenablePart[]>;
  /** Deletes a part with its wrapped key. @returns undefined when there is no such part, or the person may not write it */
  delete(place: AssetPlace, kind: AssetPartKind, number: number): Promise<DestroyedParts | undefined>;
  /** Every part of the project, in the order of assets and numbers. */
  listInProject(
    scope: PersonScope,
    page: { readonly limit: number; readonly after?: Pick<AssetPart, 'assetId' | 'number'> },
  ): Promise<readonly AssetPart[]>;
  /** Assets of the account that have parts whose time has come. For the server's own work. */
  listExpired(accountId: string, now: Date, limit: number): Promise<readonly AssetOfProject[]>;
  /** Destroys parts of the asset whose time has come, `limit` at most. For the server's own work. */
  deleteExpired(place: AssetOfProject, now: Date, limit: number): Promise<DestroyedParts>;
};
