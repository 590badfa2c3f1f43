import type { UploadBlock } from '../../../contract/app/index.ts';

/**
 * Whether a file begins with the bytes that have arrived of an upload. Compares digests, block by block, in the memory of one block.
 * @param blockOf what the server says of a block, counted from 0
 */
export async function isSameSoFar(
  file: Blob,
  arrivedBytes: number,
  blockOf: (number: number) => Promise<UploadBlock>,
  onProgress: (comparedBytes: number) => void = () => {},
): Promise<boolean> {
  for (let number = 0, compared = 0; compared < arrivedBytes; number += 1) {
    const { sizeBytes, sha256 } = await blockOf(number);
    const bytes = await file.slice(compared, compared + sizeBytes).arrayBuffer();
    if (hexadecimal(await crypto.subtle.digest('SHA-256', bytes)) !== sha256) return false;
    compared += sizeBytes;
    onProgress(compared);
  }
  return true;
}

function hexadecimal(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
