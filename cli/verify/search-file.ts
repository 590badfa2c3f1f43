import { closeSync, openSync, readSync } from 'node:fs';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Searcher } from './searcher.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** How much of a compressed stream is read, and how much of its content is looked at. */
const PACKED_BYTES = 16 * 1024 * 1024;
const UNPACKED_BYTES = 256 * 1024 * 1024;

const GZIP = { name: 'gzip', mark: Buffer.from([0x1f, 0x8b, 0x08]) };
const ZSTD = { name: 'zstd', mark: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) };

export type FoundInFile = { readonly needle: number; readonly within: 'plain' | 'gzip' | 'zstd' };

/**
 * Reads a file to its end, with compressed streams inside it.
 * @returns bytes read. @throws the error of the file system.
 */
export function searchFile(path: string, searcher: Searcher, found: (what: FoundInFile) => void): number {
  const file = openSync(path, 'r');
  try {
    const overlap = Math.max(searcher.longest - 1, ZSTD.mark.length);
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES + overlap);
    let kept = 0;
    let position = 0;
    for (;;) {
      const read = readSync(file, buffer, kept, CHUNK_BYTES, position);
      if (read === 0) return position;
      const data = buffer.subarray(0, kept + read);
      searcher.search(data, (needle) => found({ needle, within: 'plain' }));
      for (const { name, mark } of [GZIP, ZSTD]) {
        for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + 1)) {
          searchPacked(file, position - kept + at, name === 'gzip' ? 'gzip' : 'zstd', searcher, found);
        }
      }
      position += read;
      const keep = Math.min(overlap, data.length);
      data.copy(buffer, 0, data.length - keep);
      kept = keep;
    }
  } finally {
    closeSync(file);
  }
}

function searchPacked(
  file: number,
  position: number,
  kind: 'gzip' | 'zstd',
  searcher: Searcher,
  found: (what: FoundInFile) => void,
): void {
  const packed = Buffer.allocUnsafe(PACKED_BYTES);
  const read = readSync(file, packed, 0, PACKED_BYTES, position);
  let data: Buffer;
  try {
    data = unpack(kind, packed.subarray(0, read));
  } catch {
    // Three or four bytes that only look like the beginning of a stream.
    return;
  }
  searcher.search(data, (needle) => found({ needle, within: kind }));
}

function unpack(kind: 'gzip' | 'zstd', packed: Buffer): Buffer {
  // A stream may be cut off by a crash or go on beyond what was read: what there is of it counts.
  return kind === 'gzip'
    ? gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
    : zstdDecompressSync(packed, { maxOutputLength: UNPACKED_BYTES, finishFlush: constants.ZSTD_e_flush });
}
