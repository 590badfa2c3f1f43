import type { KeyBindingStore, KeyScope } from './key-binding.ts';
import { stateOf } from './key-states.ts';
import type { KeyStore, NewWrapping, ProjectKeyRecord, ProjectScope, StillApplies } from './key-store.ts';
import { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';

/** A key store in memory, for tests. It knows no projects, so it refuses none, and no objects. */
export function createMemoryKeyStore(
  bindings: Pick<KeyBindingStore, 'find'> = createMemoryKeyBindingStore(),
): KeyStore {
  const records = new Map<string, ProjectKeyRecord>();

  function ofProject({ accountId, projectId }: KeyScope): ProjectKeyRecord[] {
    return [...records.values()]
      .filter((record) => record.accountId === accountId && record.projectId === (projectId ?? record.projectId))
      .sort((left, right) => right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? -1 : 1));
  }

  return {
    async insert(record: ProjectKeyRecord, stillApplies: StillApplies) {
      const found = await bindings.find(record);
      if (stateOf(found).state !== 'enabled' || !stillApplies(found)) return false;
      records.set(record.id, record);
      return true;
    },
    async find(scope: ProjectScope, id: string) {
      return ofProject(scope).find((record) => record.id === id);
    },
    async findCurrent(scope: ProjectScope) {
      return ofProject(scope)[0];
    },
    async list(scope: KeyScope) {
      return ofProject(scope).reverse();
    },
    async replaceWrapped(record: ProjectKeyRecord, wrapping: NewWrapping, stillApplies: StillApplies) {
      if (!stillApplies(await bindings.find(record))) return false;
      const kept = records.get(record.id);
      if (kept === undefined || !Buffer.from(kept.wrappedKey).equals(record.wrappedKey)) return false;
      const { wrappingKeyVersion: _, ...rest } = kept;
      records.set(record.id, { ...rest, ...wrapping });
      return true;
    },
    async destroy(scope: KeyScope) {
      const destroyed = ofProject(scope);
      for (const record of destroyed) records.delete(record.id);
      return { projects: new Set(destroyed.map(({ projectId }) => projectId)).size };
    },
    async deleteAll(scope: ProjectScope) {
      for (const record of ofProject(scope)) records.delete(record.id);
    },
    async mayHoldSealedData() {
      return records.size > 0;
    },
  };
}
