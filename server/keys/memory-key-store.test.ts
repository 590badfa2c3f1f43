import { newId } from '../core/index.ts';
import { keyStoreConformance } from './key-store.conformance.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';

keyStoreConformance('memory', async () => ({
  store: createMemoryKeyStore(),
  newProject: async () => ({ accountId: newId(), projectId: newId() }),
  close: async () => {},
}));
