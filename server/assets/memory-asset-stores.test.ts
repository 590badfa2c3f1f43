import { newId, type ProjectAccess } from '../core/index.ts';
import { assetListStoreConformance } from './asset-list-store.conformance.ts';
import { assetLockStoreConformance } from './asset-lock-store.conformance.ts';
import { assetPartStoreConformance } from './asset-part-store.conformance.ts';
import { assetStoreConformance, createSettableClock } from './asset-store.conformance.ts';
import { bucketObjectStoreConformance } from './bucket-object-store.conformance.ts';
import { createMemoryAssetListStore } from './memory-asset-list-store.ts';
import { createMemoryAssetLockStore } from './memory-asset-lock-store.ts';
import { createMemoryAssetPartStore } from './memory-asset-part-store.ts';
import { MemoryAssetRecords } from './memory-asset-records.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';
import { createMemoryBucketObjectStore } from './memory-bucket-object-store.ts';
import { createMemorySealedDigestStore } from './memory-sealed-digest-store.ts';
import { createMemoryUploadStore } from './memory-upload-store.ts';
import { sealedDigestStoreConformance } from './sealed-digest-store.conformance.ts';
import { uploadStoreConformance } from './upload-store.conformance.ts';

async function open() {
  const access = new Map<string, ProjectAccess>();
  const keyOf = (scope: { accountId: string; projectId: string; userId: string }) =>
    `${scope.accountId}/${scope.projectId}/${scope.userId}`;
  const clock = createSettableClock();
  const records = new MemoryAssetRecords((scope) => access.get(keyOf(scope)), clock);
  return {
    clock,
    store: createMemoryAssetStore({ records, nameOfUser: () => 'Ada' }),
    lists: createMemoryAssetListStore(records, () => 'Ada'),
    objects: createMemoryBucketObjectStore(records),
    parts: createMemoryAssetPartStore(records, () => 'Ada'),
    locks: createMemoryAssetLockStore(records, () => 'Ada'),
    digests: createMemorySealedDigestStore(records),
    uploads: createMemoryUploadStore(records),
    newProject: async () => {
      const ids = { accountId: newId(), projectId: newId(), projectKeyId: newId(), userId: newId() };
      access.set(keyOf(ids), { role: 'editor' });
      return { ...ids, userName: 'Ada' };
    },
    newMember: async (
      project: { accountId: string; projectId: string },
      given: ProjectAccess | undefined,
    ): Promise<string> => {
      const userId = newId();
      if (given !== undefined) access.set(keyOf({ ...project, userId }), given);
      return userId;
    },
    close: async () => {},
  };
}

assetStoreConformance('memory', open);
assetListStoreConformance('memory', open);
assetPartStoreConformance('memory', open);
assetLockStoreConformance('memory', open);
bucketObjectStoreConformance('memory', open);
sealedDigestStoreConformance('memory', open);
uploadStoreConformance('memory', open);
