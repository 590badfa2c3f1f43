import { notFound } from '../core/index.ts';
import { type SealedObject, storedIdsOf } from '../storage/index.ts';
import { assetLocked } from './asset-conflicts.ts';
import type { PersonScope } from './asset-store.ts';
import type { BucketObject, BucketObjectQuery, BucketObjectStore } from './bucket-object-store.ts';
import { type MemoryAssetRecords, type ObjectRecord, withSizesOf } from './memory-asset-records.ts';
import { isHeldAt } from './memory-asset-store.ts';

/** A store of objects in memory, for tests, over the rows that it shares with the asset store. */
export function createMemoryBucketObjectStore(records: MemoryAssetRecords): BucketObjectStore {
  function find(scope: PersonScope, objectId: string): ObjectRecord | undefined {
    return objectsThere(scope).find(({ id }) => id === objectId);
  }

  function objectsThere(scope: PersonScope): readonly ObjectRecord[] {
    return records.opensObjects(scope) ? records.objectsIn(scope).filter((object) => records.isThere(object)) : [];
  }

  /** The asset's size and time follow its object, whoever puts it, and a part's size its own. */
  function tellAsset({ assetId, partId }: ObjectRecord, sealed: SealedObject | undefined, now: Date): void {
    const ofPart = partId === undefined ? undefined : records.parts.get(partId);
    if (ofPart !== undefined) ofPart.part = withSizesOf(ofPart.part, sealed);
    const record = assetId === undefined || partId !== undefined ? undefined : records.assets.get(assetId);
    if (record === undefined) return;
    if (record.lock !== undefined && isHeldAt(record.lock, now)) throw assetLocked();
    const updatedAt = record.asset.updatedAt > now ? record.asset.updatedAt : now;
    record.asset = { ...withSizesOf(record.asset, sealed), updatedAt, revision: record.asset.revision + 1 };
  }

  return {
    async list(scope: PersonScope, { limit, after }: BucketObjectQuery) {
      return objectsThere(scope)
        .filter((object) => after === undefined || inOrder({ createdAt: after.at, id: after.id }, object) < 0)
        .sort(inOrder)
        .slice(0, limit)
        .map(shown);
    },
    async count(scope: PersonScope) {
      const assets = records.assetsIn(scope);
      const byType = new Map<string, { type: string; objects: number; sealedBytes: number }>();
      for (const { assetId, sealed } of objectsThere(scope)) {
        const seen = assets.find(({ id }) => id === assetId);
        const type = assetId === undefined ? 'object' : (seen?.type ?? 'asset');
        const total = byType.get(type) ?? { type, objects: 0, sealedBytes: 0 };
        total.objects += 1;
        total.sealedBytes += sealed.sealedSizeBytes;
        byType.set(type, total);
      }
      const inOrderOfType = [...byType.values()].sort((one, other) => (one.type < other.type ? -1 : 1));
      return { assets: assets.length, byType: inOrderOfType };
    },
    async find(scope: PersonScope, objectId: string) {
      const found = find(scope, objectId);
      return found && { ...shown(found), sealed: found.sealed };
    },
    async put(scope: PersonScope, objectId: string, sealed: SealedObject, { now, mustExist, partId }) {
      if (!records.writesObjects(scope)) throw notFound('project', scope.projectId);
      const before = find(scope, objectId);
      if (before === undefined) {
        if (mustExist || records.objectsIn(scope).some(({ id }) => id === objectId)) throw notFound('object', objectId);
        const { accountId, projectId, userId: savedBy } = scope;
        const added = { accountId, projectId, id: objectId, sealed, createdAt: now, savedBy };
        records.objects.add(added);
        return { object: shown(added), replacedObjectIds: [] };
      }
      if (before.partId !== partId) throw notFound('object', objectId);
      tellAsset(before, sealed, now);
      const replacedObjectIds = storedIdsOf(before.sealed);
      before.sealed = sealed;
      before.createdAt = now;
      before.savedBy = scope.userId;
      return { object: shown(before), replacedObjectIds };
    },
    async delete(scope: PersonScope, objectId: string, now: Date) {
      const found = records.writesObjects(scope) ? find(scope, objectId) : undefined;
      if (found === undefined) throw notFound('object', objectId);
      tellAsset(found, undefined, now);
      records.objects.delete(found);
      return storedIdsOf(found.sealed);
    },
  };
}

function shown({ id, assetId, partId, sealed, createdAt }: ObjectRecord): BucketObject {
  return {
    objectId: id,
    sealedSizeBytes: sealed.sealedSizeBytes,
    createdAt,
    ...(assetId === undefined ? {} : { assetId }),
    ...(partId === undefined ? {} : { partId }),
  };
}

type Position = { readonly createdAt: Date; readonly id: string };

/** Newest first, then by id. */
function inOrder(left: Position, right: Position): number {
  return right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
