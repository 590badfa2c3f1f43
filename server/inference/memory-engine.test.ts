import { afterAll } from 'vitest';
import { engineConformance } from './engine.conformance.ts';
import { createMemoryEngine } from './memory-engine.ts';

const engine = createMemoryEngine();
afterAll(() => engine.close());

engineConformance('the fake', { engine: () => engine, chatModelId: 'memory/chat' });
