import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect garbage for what it costs, not for how many large buffers were made. By default it counts their memory apart from its
 * heap's, and walks the whole heap once for every 64 MB of them: most of the time of reading a sealed file, and more the larger the heap
 * is. Counted together, and with a heap that may grow to four times what was live, the buffers go with the young objects around them
 * (docs/decisions/0017). Call it before much has been allocated.
 */
export function tuneGarbageCollection(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString('--heap-growing-percent=300');
}
