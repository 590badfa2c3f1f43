import type { SealedDigests } from '../audit/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { DestroyedParts } from './asset-part-store.ts';
import type { AssetSettings, SaveConditions } from './save-conditions.ts';

/** What somebody saved in a project, without its content: metadata, seen by every collaborator. */
export type Asset = {
  readonly id: string;
  readonly projectId: string;
  /** What kind of thing it is, for example `prompt-template`. */
  readonly type: string;
  readonly name: string;
  readonly description: string;
  /** What people file it under, each once, in their order. */
  readonly tags: readonly string[];
  /** What the content says it is (`text/csv`); empty where nobody said. */
  readonly mediaType: string;
  /** Size of the content, bytes; absent when it was saved before this was kept, or is missing. */
  readonly sizeBytes?: number;
  /** Size of the sealed object, bytes; 0 when its content is missing. */
  readonly sealedSizeBytes: number;
  readonly createdAt: Date;
  readonly createdByUserId: string;
  /** Name of the person; empty when the person is no member any more. */
  readonly createdBy: string;
  readonly updatedAt: Date;
  /** 1 at first; grows with each change of the content, whoever makes it. */
  readonly revision: number;
  readonly settings: AssetSettings;
  /** From then on it is not found, and soon destroyed with its keys. Absent: it stays until it is deleted. */
  readonly expiresAt?: Date;
};

/** A project, for the server's own work. */
export type ProjectScope = { readonly accountId: string; readonly projectId: string };

/** A project, and who works in it: a store finds and changes what their role or grant reaches, and nothing else. */
export type PersonScope = ProjectScope & { readonly userId: string };

/** Which asset, and who works on it. */
export type AssetPlace = PersonScope & { readonly assetId: string };

/** Which asset, for the server's own work. */
export type AssetOfProject = ProjectScope & { readonly assetId: string };

export type NewAsset = {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly tags?: readonly string[];
  readonly mediaType?: string;
  readonly createdByUserId: string;
  readonly settings?: AssetSettings;
  readonly expiresAt?: Date;
  readonly object: SealedObject;
};

export type AssetChange = SaveConditions & {
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly settings?: Partial<AssetSettings>;
  /** Takes the place of the present object. */
  readonly object?: SealedObject;
};

export type ChangedAsset = {
  readonly asset: Asset;
  /** In the bucket, of the bytes that belong to nothing any more. */
  readonly replacedObjectIds: readonly string[];
  /** Versions that went, as there are not more than so many. Their bytes are not among `replacedObjectIds`. */
  readonly destroyed: DestroyedParts;
  /** The save was made before, by its `saveId`: nothing was changed, and the object that came with it belongs to nothing. */
  readonly isRepeated: boolean;
};

/**
 * Keeps the rows of assets and of their sealed objects. Every method is one transaction, or part of the one around it (see `Database`). It
 * trusts its caller to have asked who may; that a person's scope reaches no further than their role is the second wall. An asset that has
 * expired is not there.
 */
export type AssetStore = {
  /**
   * Keeps a new asset and its object. Durable when its transaction is: this is the acknowledgement of a save.
   * @throws AppError `not-found` when the project is not there (any more), or the person may not write in it.
   */
  insert(scope: PersonScope, asset: NewAsset, now: Date): Promise<Asset>;
  find(place: AssetPlace): Promise<Asset | undefined>;
  /** The asset and what is needed to open its object; the object is undefined if its row was lost, or the person may not open it. */
  findWithObject(place: AssetPlace): Promise<{ asset: Asset; object: SealedObject | undefined } | undefined>;
  /**
   * Changes an asset; with a new object, the rows change places in the same transaction, and the old one becomes a version where it is to be
   * kept. Of two at once, the later one counts. `updatedAt` becomes `now`, or stays if it is later already.
   * @returns undefined when there is no such asset
   * @throws AppError `failed-precondition` where a condition of the save does not hold, see `SaveConditions`
   */
  update(place: AssetPlace, change: AssetChange, now: Date): Promise<ChangedAsset | undefined>;
  /**
   * Deletes the asset with its parts and all their wrapped keys.
   * @returns the ids in the bucket of its bytes; undefined when there is no such asset
   * @throws AppError `failed-precondition` (reason `asset-locked`) while somebody else has its lock
   */
  delete(place: AssetPlace): Promise<readonly string[] | undefined>;
  /** Assets of the account whose time has come, the oldest first. For the server's own work. */
  listExpired(accountId: string, now: Date, limit: number): Promise<readonly AssetOfProject[]>;
  /**
   * Destroys an asset whose time has come, with its parts. For the server's own work.
   * @returns what they sealed, and the ids in the bucket of the bytes; undefined when there is no such asset (any more)
   */
  deleteExpired(
    place: AssetOfProject,
    now: Date,
  ): Promise<{ readonly digests: SealedDigests; readonly storedIds: readonly string[] } | undefined>;
  /** Which of these ids in the bucket a row refers to, an object's or a running upload's. For the server's own work. */
  referenced(scope: ProjectScope, objectIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether the project is there. For the server's own work. */
  hasProject(scope: ProjectScope): Promise<boolean>;
};
