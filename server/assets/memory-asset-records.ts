import type { ProjectAccess } from '../core/index.ts';
import { type SealedObject, type SealedObjectHeader, type Segment, storedIdsOf } from '../storage/index.ts';
import type { Asset, AssetPlace, PersonScope, ProjectScope } from './asset-store.ts';
import type { Upload } from './upload-store.ts';

export type AssetRecord = { readonly accountId: string; asset: Asset };

export type ObjectRecord = ProjectScope & {
  readonly id: string;
  readonly assetId?: string;
  sealed: SealedObject;
  createdAt: Date;
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
  readonly objects = new Set<ObjectRecord>();
  readonly uploads = new Set<UploadRecord>();
  readonly #accessOf: AccessOf;

  /** @param accessOf without it everybody is an Admin everywhere: for tests that have one person */
  constructor(accessOf: AccessOf = () => ({ role: 'admin' })) {
    this.#accessOf = accessOf;
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
    return isThere && this.seesAssets(place) ? found : undefined;
  }

  /** What of a project's assets the person sees. */
  assetsIn(scope: PersonScope): readonly Asset[] {
    if (!this.seesAssets(scope)) return [];
    return [...this.assets.values()]
      .filter(({ accountId, asset }) => accountId === scope.accountId && asset.projectId === scope.projectId)
      .map(({ asset }) => asset);
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

  /** The projects of an account that have something in the storage. */
  projectIdsIn(accountId: string): readonly string[] {
    const rows = [...this.objects, ...this.uploads].filter((row) => row.accountId === accountId);
    return [...new Set(rows.map(({ projectId }) => projectId))];
  }

  /** Takes away the objects of an asset. @returns their ids in the bucket */
  removeObjectsOf(place: AssetPlace): readonly string[] {
    const removed = this.objectsIn(place).filter(({ assetId }) => assetId === place.assetId);
    for (const object of removed) this.objects.delete(object);
    return removed.flatMap(({ sealed }) => storedIdsOf(sealed));
  }
}

/** An asset's sizes follow its object; without one its content is missing. */
export function withSizesOf({ sizeBytes: _, ...asset }: Asset, object: SealedObject | undefined): Asset {
  return {
    ...asset,
    sealedSizeBytes: object?.sealedSizeBytes ?? 0,
    ...(object?.sizeBytes === undefined ? {} : { sizeBytes: object.sizeBytes }),
  };
}
