import type { AccountDataOwner } from '../identity/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Bucket } from '../storage/index.ts';
import type { ProjectStore } from './project-store.ts';

/**
 * What this room keeps of an account. The wrapped keys go with the rows, then the keys in memory, then the buckets: from the end of the
 * first step on nothing opens. Buckets are removed by the account, since after a crash no row tells any more which there were.
 */
export function createAccountData(options: {
  readonly store: Pick<ProjectStore, 'deleteAll'>;
  readonly keys: Pick<KeyService, 'destroyProjectKeys'>;
  readonly bucket: Pick<Bucket, 'removeAccount'>;
}): AccountDataOwner {
  const { store, keys, bucket } = options;
  return {
    async purgeAccount(accountId) {
      for (const projectId of await store.deleteAll(accountId)) await keys.destroyProjectKeys({ accountId, projectId });
      await bucket.removeAccount(accountId);
    },
  };
}
