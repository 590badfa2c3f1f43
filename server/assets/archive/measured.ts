import { createHash } from 'node:crypto';

/** Passes content on, and tells its size and SHA-256 (hexadecimal) at its end. */
export async function* measured(
  content: AsyncIterable<Uint8Array>,
  tell: (measure: { readonly sizeBytes: number; readonly sha256: string }) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of content) {
    hash.update(piece);
    sizeBytes += piece.length;
    yield piece;
  }
  tell({ sizeBytes, sha256: hash.digest('hex') });
}
