import { expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createAccountData } from './account-data.ts';
import { MemoryProjectStore } from './memory-project-store.ts';

it('destroys the keys of an account’s projects before its buckets, and removes buckets that no row tells of', async () => {
  const [accountId, projectId] = [newId(), newId()];
  const store = new MemoryProjectStore();
  const createdBy = newId();
  await store.add({ id: projectId, accountId, name: 'P', description: '', createdBy, createdAt: new Date(0) });
  const happened: string[] = [];
  const data = createAccountData({
    store,
    keys: {
      async destroyProjectKeys(scope) {
        expect(scope).toEqual({ accountId, projectId });
        expect(await store.list({ accountId, userId: createdBy })).toEqual([]);
        happened.push('keys');
      },
    },
    bucket: {
      async removeAccount(id) {
        expect(id).toBe(accountId);
        happened.push('buckets');
      },
    },
  });
  await data.purgeAccount(accountId);
  await data.purgeAccount(accountId);
  expect(happened).toEqual(['keys', 'buckets', 'buckets']);
});
