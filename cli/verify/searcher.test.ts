import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomWord } from './canary.ts';
import { needlesOf } from './encodings.ts';
import { searchFile } from './search-file.ts';
import { createSearcher } from './searcher.ts';

describe('the search', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-search-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const needles = [randomWord(), randomWord()].flatMap((word) => needlesOf(word));
  const searcher = createSearcher(needles.map(({ bytes }) => bytes));

  function foundIn(bytes: Buffer): string[] {
    const path = join(folder, 'file');
    writeFileSync(path, bytes);
    const found = new Set<string>();
    searchFile(path, searcher, ({ needle, within }) => found.add(`${needle} ${within}`));
    return [...found];
  }

  it('finds every needle at every offset', () => {
    fc.assert(
      fc.property(
        fc.nat(needles.length - 1),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }),
        (index, before, after) => {
          const found: number[] = [];
          const bytes = needles[index]?.bytes ?? Buffer.alloc(0);
          searcher.search(Buffer.concat([before, bytes, after]), (needle) => found.push(needle));
          expect(found).toContain(index);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds nothing in random bytes, in other words, or in a word that lacks its end', () => {
    const found: number[] = [];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (data) => searcher.search(data, (needle) => found.push(needle))),
    );
    searcher.search(Buffer.from(randomWord()), (needle) => found.push(needle));
    searcher.search(needles[0]?.bytes.subarray(0, -1) ?? Buffer.alloc(0), (needle) => found.push(needle));
    expect(found).toEqual([]);
  });

  it('finds a needle that lies across the border of two reads', () => {
    const border = 4 * 1024 * 1024;
    const bytes = needles[0]?.bytes ?? Buffer.alloc(0);
    for (const shift of [0, 1, 7, bytes.length - 1, bytes.length]) {
      const data = Buffer.alloc(2 * border);
      bytes.copy(data, border - shift);
      expect(foundIn(data)).toEqual(['0 plain']);
    }
  });

  it('finds what is inside gzip and zstd, also when the stream is cut off', () => {
    const text = Buffer.concat([needles[0]?.bytes ?? Buffer.alloc(0), Buffer.alloc(5000, 'abcdefg')]);
    expect(foundIn(Buffer.concat([Buffer.from('before'), gzipSync(text)]))).toContain('0 gzip');
    expect(foundIn(Buffer.concat([Buffer.from('before'), zstdCompressSync(text)]))).toContain('0 zstd');
    expect(foundIn(gzipSync(text).subarray(0, -9))).toContain('0 gzip');
  });

  it('finds base64 of a longer text wherever the word lies in it', () => {
    const word = randomWord();
    const own = createSearcher(needlesOf(word).map(({ bytes }) => bytes));
    for (const before of ['', 'a', 'ab', 'abc']) {
      const found: number[] = [];
      own.search(Buffer.from(Buffer.from(`${before}${word} and more`).toString('base64')), (needle) =>
        found.push(needle),
      );
      expect(found.length).toBeGreaterThan(0);
    }
  });
});
