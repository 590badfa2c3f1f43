export { MemoryProjectStore } from './memory-project-store.ts';
