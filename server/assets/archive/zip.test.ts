import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { AppError } from '../../core/index.ts';
import { type RandomAccessBytes, readZip } from './zip-reader.ts';
import { type NewZipEntry, zipOf } from './zip-writer.ts';

const at = new Date(Date.UTC(2026, 10, 24, 12));
const notReadable = { code: 'failed-precondition', details: { reason: 'archive-not-readable' } };

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}

async function* entriesOf(files: Readonly<Record<string, Uint8Array>>, pieceBytes = 7): AsyncGenerator<NewZipEntry> {
  for (const [path, bytes] of Object.entries(files)) yield { path, at, content: inPieces(bytes, pieceBytes) };
}

/** Counts how often it was read. */
function asBytes(zip: Buffer): RandomAccessBytes & { reads: number } {
  return {
    sizeBytes: zip.length,
    reads: 0,
    async read({ start, endExclusive }) {
      this.reads += 1;
      return inPieces(zip.subarray(start, endExclusive), 1000);
    },
  };
}

/** A zip as other programs make it. */
async function foreignZip(fill: (zip: ZipFile) => void): Promise<Buffer> {
  const zip = new ZipFile();
  fill(zip);
  zip.end();
  return collect(zip.outputStream as unknown as AsyncIterable<Uint8Array>);
}

describe('a zip', () => {
  it('has what was put into it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 999 }),
        async (contents, pieceBytes) => {
          const files = Object.fromEntries(contents.map((bytes, index) => [`files/${index}`, bytes]));
          const bytes = asBytes(await collect(zipOf(entriesOf(files, pieceBytes))));
          const zip = await readZip(bytes);
          expect([...zip.sizes]).toEqual(Object.entries(files).map(([path, { length }]) => [path, length]));
          for (const [path, content] of Object.entries(files))
            expect((await collect(await zip.open(path))).equals(content)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is read in few reads, however many files it has', async () => {
    const files = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`files/${index}`, Buffer.alloc(100)]));
    const bytes = asBytes(await collect(zipOf(entriesOf(files))));
    const zip = await readZip(bytes);
    for (const path of zip.sizes.keys()) await collect(await zip.open(path));
    expect(bytes.reads).toBeLessThan(5);
  });

  it('asks for an entry only when the one before was read', async () => {
    const asked: string[] = [];
    async function* entries(): AsyncGenerator<NewZipEntry> {
      for (const path of ['one', 'two', 'three']) {
        asked.push(path);
        yield { path, at, content: inPieces(Buffer.alloc(4_000_000), 100_000) };
      }
    }
    const pieces = zipOf(entries());
    await pieces.next();
    for (let turns = 0; turns < 100; turns += 1) await turn();
    expect(asked).toEqual(['one']);
    await pieces.return(undefined);
  });

  it('never ends when an entry fails, and leaves the entry when its reader has enough', async () => {
    const lost = new AppError('failed-precondition', 'not readable');
    let isLeft = false;
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw lost;
    }
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        isLeft = true;
      }
    }
    async function* entries(content: AsyncIterable<Uint8Array>): AsyncGenerator<NewZipEntry> {
      yield { path: 'whole', at, content: inPieces(Buffer.from('whole'), 10) };
      yield { path: 'half', at, content };
    }
    await expect(collect(zipOf(entries(failing())))).rejects.toBe(lost);
    for await (const _ of zipOf(entries(endless()))) break;
    let seen = 0;
    for await (const piece of zipOf(entries(endless()))) {
      seen += piece.length;
      if (seen > 1_000_000) break;
    }
    expect(isLeft).toBe(true);
  });
});

describe('a zip from elsewhere', () => {
  const refused = async (zip: Buffer) => expect(readZip(asBytes(zip))).rejects.toMatchObject(notReadable);

  it('is refused when it is compressed, so that nothing can grow', async () => {
    await refused(await foreignZip((zip) => zip.addBuffer(Buffer.alloc(10_000_000), 'bomb', { compress: true })));
  });

  it('is refused when two files in it have one name', async () => {
    const twice = (zip: ZipFile) => {
      for (const text of ['one', 'two']) zip.addBuffer(Buffer.from(text), 'name', { compress: false });
    };
    await refused(await foreignZip(twice));
  });

  it('is refused when a name leads out of its folder', async () => {
    const zip = await foreignZip((made) => made.addBuffer(Buffer.from('x'), 'aa/aa/passwd', { compress: false }));
    for (const path of ['../../passwd', '/a/aa/passwd', 'aa\\aa\\passwd', 'C:/aa/passwd']) {
      const changed = Buffer.from(zip);
      for (let place = changed.indexOf('aa/aa/passwd'); place >= 0; place = changed.indexOf('aa/aa/passwd'))
        changed.write(path, place);
      await refused(changed);
    }
  });

  it('is refused when its files share bytes, to seem larger than it is', async () => {
    const zip = await foreignZip((made) => {
      for (const name of ['a', 'b']) made.addBuffer(Buffer.alloc(1000, name), name, { compress: false });
    });
    // The sizes in the list at the end: the first file claims the rest of the zip too, and the second what it has.
    const record = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    for (const field of [20, 24]) zip.writeUInt32LE(zip.length - 100, record + field);
    await refused(zip);
  });

  it('is refused when two files in it are the same bytes, or one begins in the other', async () => {
    const zip = await foreignZip((made) => {
      for (const name of ['a', 'b']) made.addBuffer(Buffer.alloc(1000, 'x'), name, { compress: false });
    });
    const record = Buffer.from([0x50, 0x4b, 0x01, 0x02]);
    const first = zip.indexOf(record);
    const second = zip.indexOf(record, first + 1);
    const offsetField = 42;
    for (const offset of [0, 500]) {
      const shared = Buffer.from(zip);
      shared.writeUInt32LE(offset, second + offsetField);
      await refused(shared);
    }
    // What stands before a file says that its bytes come later than the list has it, so that they end in the next file.
    const shifted = Buffer.from(zip);
    shifted.writeUInt16LE(500, 28);
    const reading = await readZip(asBytes(shifted));
    await expect(reading.open('a')).rejects.toMatchObject(notReadable);
    expect(await collect(await reading.open('b'))).toHaveLength(1000);
  });

  it('is refused when its list has more of a file than a name of ours', async () => {
    const named = (name: string, fileComment = '') => {
      const options = { compress: false, fileComment };
      return foreignZip((made) => made.addBuffer(Buffer.from('x'), name, options));
    };
    expect((await readZip(asBytes(await named('n'.repeat(200))))).sizes.size).toBe(1);
    await refused(await named('n'.repeat(201)));
    await refused(await named('name', 'c'.repeat(2000)));
  });

  it('is refused when it is cut, damaged or none', async () => {
    const whole = await collect(zipOf(entriesOf({ one: Buffer.alloc(5000), two: Buffer.from('text') })));
    for (const length of [0, 1, 21, 22, 100, whole.length - 1]) await refused(whole.subarray(0, length));
    await refused(Buffer.from('no zip at all'));
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, whole.length - 60, whole.length - 30);
    await refused(damaged);
  });

  it('never answers with more than is there, whatever byte of it is another', async () => {
    const whole = await collect(zipOf(entriesOf({ one: Buffer.alloc(300, 'x'), two: Buffer.from('text') })));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (place, difference) => {
        const changed = Buffer.from(whole);
        changed[place] = (changed[place] ?? 0) ^ difference;
        try {
          const zip = await readZip(asBytes(changed));
          for (const [path, size] of zip.sizes) expect(await collect(await zip.open(path))).toHaveLength(size);
        } catch (error) {
          expect(error).toMatchObject(notReadable);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says nothing of it when the bytes themselves cannot be read', async () => {
    const lost = new AppError('unavailable', 'The storage is not reached.');
    const bytes = { sizeBytes: 1000, read: () => Promise.reject(lost) };
    await expect(readZip(bytes)).rejects.toBe(lost);
  });
});
