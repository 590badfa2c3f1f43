import type { KeyStore, ProjectKeyRecord, ProjectScope } from './key-store.ts';

/** A key store in memory, for tests. It knows no projects, so it refuses none. */
export function createMemoryKeyStore(): KeyStore {
  const records = new Map<string, ProjectKeyRecord>();

  function ofProject(scope: ProjectScope): ProjectKeyRecord[] {
    return [...records.values()]
      .filter((record) => record.accountId === scope.accountId && record.projectId === scope.projectId)
      .sort((left, right) => right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? -1 : 1));
  }

  return {
    async insert(record: ProjectKeyRecord) {
      records.set(record.id, record);
    },
    async find(scope: ProjectScope, id: string) {
      return ofProject(scope).find((record) => record.id === id);
    },
    async findCurrent(scope: ProjectScope) {
      return ofProject(scope)[0];
    },
    async deleteAll(scope: ProjectScope) {
      for (const record of ofProject(scope)) records.delete(record.id);
    },
    async mayHoldSealedData() {
      return records.size > 0;
    },
  };
}
