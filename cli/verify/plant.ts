/** A leak of our own making: a search that does not find it proves nothing. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Canary } from './canary.ts';
import { needlesOf } from './encodings.ts';

export type Plant = {
  readonly folder: string;
  /** Each encoding that must be found, by file. */
  readonly expected: ReadonlyMap<string, string>;
  remove(): void;
};

/** One file an encoding and one a compression, between other bytes, and one that is called so. */
export function plantLeak(directory: string, canary: Canary): Plant {
  const folder = join(directory, `verify-${canary.words[0].slice(0, 8)}`);
  mkdirSync(folder, { mode: 0o700 });
  const expected = new Map<string, string>();
  const write = (encoding: string, bytes: Buffer, name = `${expected.size}`) => {
    const path = join(folder, `${name}.planted`);
    writeFileSync(path, bytes, { mode: 0o600 });
    expected.set(path, encoding);
  };
  for (const word of canary.words) {
    for (const { encoding, bytes } of needlesOf(word)) {
      write(encoding, Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]));
    }
  }
  const text = Buffer.from(`before ${canary.words[0]} after`);
  write('UTF-8 in gzip', Buffer.concat([Buffer.from('before'), gzipSync(text)]));
  write('UTF-8 in zstd', Buffer.concat([Buffer.from('before'), zstdCompressSync(text)]));
  write('UTF-8 in a name', Buffer.from('anything'), `before-${canary.words[1]}-after`);
  return { folder, expected, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
