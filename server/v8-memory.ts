import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 count the memory of large buffers together with its heap's, which says when to collect garbage. By default it counts them apart,
 * and walks the whole heap once for every 64 MB of them: a third of the time of reading a sealed file, and more the larger the heap is
 * (docs/decisions/0017). Call it before much has been allocated.
 */
export function countBuffersWithHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
}
