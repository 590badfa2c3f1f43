import type { SealedObject } from '../storage/index.ts';

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
};

/** A project, for the server's own work. */
export type ProjectScope = { readonly accountId: string; readonly projectId: string };

/** A project, and who works in it: a store finds and changes what their role or grant reaches, and nothing else. */
export type PersonScope = ProjectScope & { readonly userId: string };

/** Which asset, and who works on it. */
export type AssetPlace = PersonScope & { readonly assetId: string };

export type NewAsset = {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly tags?: readonly string[];
  readonly mediaType?: string;
  readonly createdByUserId: string;
  readonly object: SealedObject;
};

export type AssetChange = {
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Takes the place of the present object. */
  readonly object?: SealedObject;
};

/**
 * Keeps the rows of assets and of their sealed objects. Every method is one transaction, or part of the one around it (see `Database`). It
 * trusts its caller to have asked who may; that a person's scope reaches no further than their role is the second wall.
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
   * Changes an asset; with a new object, the rows change places in the same transaction. Of two at once, the later one counts.
   * `updatedAt` becomes `now`, or stays if it is later already.
   * @returns the asset and the ids in the bucket of the bytes that belong to nothing any more; undefined when there is no such asset.
   */
  update(
    place: AssetPlace,
    change: AssetChange,
    now: Date,
  ): Promise<{ readonly asset: Asset; readonly replacedObjectIds: readonly string[] } | undefined>;
  /** Deletes the asset with its wrapped keys. @returns the ids in the bucket of its bytes; undefined when there is no such asset. */
  delete(place: AssetPlace): Promise<readonly string[] | undefined>;
  /** Which of these ids in the bucket a row refers to, an object's or a running upload's. For the server's own work. */
  referenced(scope: ProjectScope, objectIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether the project is there. For the server's own work. */
  hasProject(scope: ProjectScope): Promise<boolean>;
};
