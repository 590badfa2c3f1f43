/**
 * Looks for thousands of needles in one pass. Every needle of at least L bytes that lies anywhere in the data covers some
 * whole window of 8 bytes that begins at a multiple of L − 7. So the windows of each needle go into a table once, and
 * the data is looked at only every L − 7 bytes; a hit in the table is compared byte for byte. Nothing is assumed about
 * the needles but their length: no marker that all share, which a transformation could hide.
 */
export type Searcher = {
  readonly shortest: number;
  readonly longest: number;
  /** Indices of the needles in the data. */
  search(data: Uint8Array, found: (needle: number) => void): void;
};

const WINDOW_BYTES = 8;
const FILTER_BITS = 24;

/** @param needles at least 16 bytes each */
export function createSearcher(needles: readonly Uint8Array[]): Searcher {
  const shortest = needles.reduce((least, { length }) => Math.min(least, length), Number.POSITIVE_INFINITY);
  const longest = needles.reduce((most, { length }) => Math.max(most, length), 0);
  if (shortest < 2 * WINDOW_BYTES) throw new RangeError('A needle needs at least 16 bytes.');
  const stride = Number.isFinite(shortest) ? shortest - WINDOW_BYTES + 1 : WINDOW_BYTES;
  const filter = new Uint8Array(1 << (FILTER_BITS - 3));
  const windows = new Map<number, { needle: number; offset: number }[]>();
  needles.forEach((bytes, needle) => {
    for (let offset = 0; offset < stride; offset += 1) {
      const hash = hashAt(bytes, offset);
      filter[hash >>> 3] = (filter[hash >>> 3] ?? 0) | (1 << (hash & 7));
      const same = windows.get(hash);
      if (same === undefined) windows.set(hash, [{ needle, offset }]);
      else same.push({ needle, offset });
    }
  });
  return {
    shortest,
    longest,
    search(data, found) {
      const last = data.length - WINDOW_BYTES;
      for (let at = 0; at <= last; at += stride) {
        const hash = hashAt(data, at);
        if (((filter[hash >>> 3] ?? 0) & (1 << (hash & 7))) === 0) continue;
        for (const { needle, offset } of windows.get(hash) ?? []) {
          if (isAt(data, at - offset, needles[needle])) found(needle);
        }
      }
    },
  };
}

function hashAt(data: Uint8Array, at: number): number {
  const low = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24);
  const high =
    (data[at + 4] ?? 0) | ((data[at + 5] ?? 0) << 8) | ((data[at + 6] ?? 0) << 16) | ((data[at + 7] ?? 0) << 24);
  // Fibonacci hashing of both halves; the upper bits are the well-mixed ones.
  return (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> (32 - FILTER_BITS);
}

function isAt(data: Uint8Array, at: number, needle: Uint8Array | undefined): boolean {
  if (needle === undefined || at < 0 || at + needle.length > data.length) return false;
  for (let index = 0; index < needle.length; index += 1) if (data[at + index] !== needle[index]) return false;
  return true;
}
