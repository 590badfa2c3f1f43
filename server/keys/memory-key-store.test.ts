import { newId } from '../core/index.ts';
import { keyStoreConformance } from './key-store.conformance.ts';
import { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';

keyStoreConformance('memory', async () => {
  const bindings = createMemoryKeyBindingStore();
  return {
    store: createMemoryKeyStore(bindings),
    newProject: async (accountId = newId()) => ({ accountId, projectId: newId() }),
    managerOf: async () => newId(),
    decide: (scope, state, userId) => bindings.put(scope, { state, changedAt: new Date() }, userId),
    bind: (scope, wrappingKey, userId) =>
      bindings.put(scope, { state: 'enabled', wrappingKey, changedAt: new Date() }, userId),
    close: async () => {},
  };
});
