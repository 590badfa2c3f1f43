import { newId } from '../core/index.ts';
import { assetStoreConformance } from './asset-store.conformance.ts';
import { createMemoryAssetStore } from './memory-asset-store.ts';

assetStoreConformance('memory', async () => {
  const names = new Map<string, string>();
  return {
    store: createMemoryAssetStore({ nameOfUser: (userId) => names.get(userId) ?? '' }),
    newProject: async () => {
      const userId = newId();
      names.set(userId, 'Ada');
      return { accountId: newId(), projectId: newId(), projectKeyId: newId(), userId, userName: 'Ada' };
    },
    close: async () => {},
  };
});
