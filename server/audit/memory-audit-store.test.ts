import { newId, systemClock } from '../core/index.ts';
import { auditStoreConformance } from './audit-store.conformance.ts';
import { createMemoryAuditStore } from './memory-audit-store.ts';

auditStoreConformance('memory', async () => {
  const names = new Map<string, string>();
  return {
    store: createMemoryAuditStore({ clock: systemClock, nameOfUser: (userId) => names.get(userId) ?? '' }),
    newAccount: async () => {
      const userId = newId();
      names.set(userId, 'Ada');
      return { accountId: newId(), userId };
    },
    close: async () => {},
  };
});
