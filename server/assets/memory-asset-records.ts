import type { SealedDigest } from '../audit/index.ts';
import { type Clock, type ProjectAccess, systemClock } from '../core/index.ts';
import { type SealedObject, type SealedObjectHeader, type Segment, storedIdsOf } from '../storage/index.ts';
import type { AssetLock } from './asset-lock-store.ts';
import { type AssetPart, type DestroyedParts, NO_PARTS } from './asset-part-store.ts';
import type { Asset, AssetOfProject, AssetPlace, PersonScope, ProjectScope } from './asset-store.ts';
import type { Upload } from './upload-store.ts';

export type AssetRecord = {
  readonly accountId: string;
  asset: Asset;
  lastSaveId?: string;
  lastPartNumber: number;
  lock?: AssetLock & { readonly takenFromEditorId?: string };
};

export type PartRecord = { readonly accountId: string; readonly projectId: string; part: AssetPart };

export type ObjectRecord = ProjectScope & {
  readonly id: string;
  readonly assetId?: string;
  partId?: string;
  readonly expiresAt?: Date;
  sealed: SealedObject;
  createdAt: Date;
  savedBy: string;
};

export type UploadRecord = PersonScope & {
  readonly type: string;
  readonly header: SealedObjectHeader;
  readonly segments: Segment[];
  upload: Upload;
};

/** What a person has in a project; undefined: nothing. */
export type AccessOf = (scope: PersonScope) => ProjectAccess | undefined;

/** The rows that the stores in memory share. It holds people to their role, as PostgreSQL's policies do. */
export class MemoryAssetRecords {
  readonly assets = new Map<string, AssetRecord>();
  readonly parts = new Map<string, PartRecord>();
  readonly objects = new Set<ObjectRecord>();
  readonly uploads = new Set<UploadRecord>();
  readonly #accessOf: AccessOf;
  readonly #clock: Pick<Clock, 'now'>;

  /**
   * @param accessOf without it everybody is an Admin everywhere: for tests that have one person
   * @param clock says what has expired
   */
  constructor(accessOf: AccessOf = () => ({ role: 'admin' }), clock: Pick<Clock, 'now'> = systemClock) {
    this.#accessOf = accessOf;
    this.#clock = clock;
  }

  now(): Date {
    return this.#clock.now();
  }

  isThere({ expiresAt }: { readonly expiresAt?: Date }): boolean {
    return expiresAt === undefined || expiresAt > this.#clock.now();
  }

  seesAssets(scope: PersonScope): boolean {
    return this.#accessOf(scope)?.role !== undefined;
  }

  writesAssets(scope: PersonScope): boolean {
    const role = this.#accessOf(scope)?.role;
    return role === 'admin' || role === 'editor';
  }

  isAdmin(scope: PersonScope): boolean {
    return this.#accessOf(scope)?.role === 'admin';
  }

  opensObjects(scope: PersonScope): boolean {
    return this.writesAssets(scope) || this.#accessOf(scope)?.bucket !== undefined;
  }

  writesObjects(scope: PersonScope): boolean {
    return this.writesAssets(scope) || this.#accessOf(scope)?.bucket === 'writer';
  }

  findAsset(place: AssetPlace): AssetRecord | undefined {
    const found = this.assets.get(place.assetId);
    const isThere = found?.accountId === place.accountId && found.asset.projectId === place.projectId;
    return isThere && this.seesAssets(place) && this.isThere(found.asset) ? found : undefined;
  }

  /** What of a project's assets the person sees. */
  assetsIn(scope: PersonScope): readonly Asset[] {
    if (!this.seesAssets(scope)) return [];
    return [...this.assets.values()]
      .filter(({ accountId, asset }) => accountId === scope.accountId && asset.projectId === scope.projectId)
      .map(({ asset }) => asset)
      .filter((asset) => this.isThere(asset));
  }

  /** What of a project's parts the person sees, in the order of assets and numbers. */
  partsIn(scope: PersonScope): readonly AssetPart[] {
    if (!this.seesAssets(scope)) return [];
    return [...this.parts.values()]
      .filter(({ accountId, projectId }) => accountId === scope.accountId && projectId === scope.projectId)
      .map(({ part }) => part)
      .filter((part) => this.isThere(part))
      .sort((one, other) =>
        one.assetId === other.assetId ? one.number - other.number : one.assetId < other.assetId ? -1 : 1,
      );
  }

  objectsIn({ accountId, projectId }: ProjectScope): readonly ObjectRecord[] {
    return [...this.objects].filter((object) => object.accountId === accountId && object.projectId === projectId);
  }

  /** Of everybody. */
  uploadsIn({ accountId, projectId }: ProjectScope): readonly UploadRecord[] {
    return [...this.uploads].filter((upload) => upload.accountId === accountId && upload.projectId === projectId);
  }

  /** Every id in the bucket that a row of the project refers to. */
  storedIdsIn(scope: ProjectScope): readonly string[] {
    return [
      ...this.objectsIn(scope).flatMap(({ sealed }) => storedIdsOf(sealed)),
      ...this.uploadsIn(scope).flatMap(({ segments }) => segments.map(({ segmentId }) => segmentId)),
    ];
  }

  accountIds(): readonly string[] {
    return [...new Set([...this.assets.values()].map(({ accountId }) => accountId))];
  }

  /** The projects of an account that have something in the storage. */
  projectIdsIn(accountId: string): readonly string[] {
    const rows = [...this.objects, ...this.uploads].filter((row) => row.accountId === accountId);
    return [...new Set(rows.map(({ projectId }) => projectId))];
  }

  /** Takes away the content of an asset, and not its parts. @returns its ids in the bucket */
  removeContentOf(place: AssetOfProject): readonly string[] {
    return this.#remove(
      this.objectsIn(place).filter(({ assetId, partId }) => assetId === place.assetId && partId === undefined),
    );
  }

  /** Takes away an asset with its parts. @returns the ids in the bucket of their objects */
  removeAsset(place: AssetOfProject): readonly string[] {
    this.assets.delete(place.assetId);
    for (const [id, { part }] of this.parts) if (part.assetId === place.assetId) this.parts.delete(id);
    return this.#remove(this.objectsIn(place).filter(({ assetId }) => assetId === place.assetId));
  }

  removeParts(scope: ProjectScope, parts: readonly AssetPart[]): DestroyedParts {
    if (parts.length === 0) return NO_PARTS;
    const ids = new Set(parts.map(({ id }) => id));
    const objects = this.objectsIn(scope).filter(({ partId }) => partId !== undefined && ids.has(partId));
    for (const id of ids) this.parts.delete(id);
    return {
      numbers: parts.map(({ number }) => number),
      digests: objects.map(digestOf),
      storedIds: this.#remove(objects),
    };
  }

  /** Removes the oldest parts of a kind, so that so many stay. */
  removeOldestParts(place: AssetOfProject, kind: AssetPart['kind'], mostKept: number): DestroyedParts {
    const all = [...this.parts.values()]
      .map(({ part }) => part)
      .filter((part) => part.assetId === place.assetId && part.kind === kind)
      .sort((one, other) => other.number - one.number);
    return this.removeParts(place, all.slice(mostKept));
  }

  #remove(objects: readonly ObjectRecord[]): readonly string[] {
    for (const object of objects) this.objects.delete(object);
    return objects.flatMap(({ sealed }) => storedIdsOf(sealed));
  }
}

export function digestOf({ id, sealed }: ObjectRecord): SealedDigest {
  const sha256 = Buffer.from(sealed.sealedSha256).toString('hex');
  return { objectId: id, sealedSizeBytes: sealed.sealedSizeBytes, sha256 };
}

/** An asset's sizes follow its object; without one its content is missing. */
export function withSizesOf<T extends Pick<Asset, 'sizeBytes' | 'sealedSizeBytes'>>(
  before: T,
  object: SealedObject | undefined,
): T {
  const { sizeBytes: _, ...rest } = before;
  return {
    ...(rest as T),
    sealedSizeBytes: object?.sealedSizeBytes ?? 0,
    ...(object?.sizeBytes === undefined ? {} : { sizeBytes: object.sizeBytes }),
  };
}
