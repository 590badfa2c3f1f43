import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upload } from '../../contract/app/index.ts';
import type { Control } from '../control.ts';
import { addUploadCommand } from './upload-file.ts';

const P = 'b8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11';
const BEGUN = '11111111-5f5c-4a52-9d2e-0f6a3c1f7a11';
const NEW = '22222222-5f5c-4a52-9d2e-0f6a3c1f7a11';
const BLOCK_BYTES = 1000;

describe('the command that uploads a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-cli-'));
    file = join(folder, 'records.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Uploads the file to a server that has an unfinished upload. @returns which upload got what, and what was said */
  async function run(arrived: Buffer, change: Partial<Upload> = {}) {
    const got = new Map([
      [BEGUN, arrived],
      [NEW, Buffer.alloc(0)],
    ]);
    const said: string[] = [];
    const upload: Upload = {
      id: BEGUN,
      name: 'records.jsonl',
      description: '',
      tags: [],
      mediaType: '',
      lengthBytes: 5000,
      offsetBytes: arrived.length,
      createdAt: '2100-01-01T00:00:00.000Z',
      expiresAt: '2100-01-08T00:00:00.000Z',
      ...change,
    };
    const control: Control = {
      dataDirectory: '/data',
      async call(schema, _method, path) {
        const number = /\/blocks\/(\d+)$/.exec(path)?.[1];
        if (number === undefined) return schema.parse({ items: [upload] });
        const block = arrived.subarray(Number(number) * BLOCK_BYTES, (Number(number) + 1) * BLOCK_BYTES);
        return schema.parse({ sizeBytes: block.length, sha256: createHash('sha256').update(block).digest('hex') });
      },
      run: async () => expect.fail('nothing is run'),
      upload: async () => expect.fail('nothing is uploaded in one piece'),
      download: async () => expect.fail('nothing is downloaded'),
      async send({ method, path, body }) {
        const answer = { status: 204, text: '', complete: true };
        if (method === 'POST') return { ...answer, headers: { location: `${path}/${NEW}` } };
        const id = path.split('/').at(-1) ?? '';
        const all = Buffer.concat([got.get(id) ?? Buffer.alloc(0), await buffer(body as AsyncIterable<Uint8Array>)]);
        got.set(id, all);
        return { ...answer, headers: { 'upload-offset': String(all.length) } };
      },
    };
    const output = {
      json: false,
      result: (_value: unknown, shown: string) => said.push(shown),
      progress: (text: string) => said.push(text),
      progressInPlace: () => {},
    };
    const program = new Command('cloister').exitOverride();
    addUploadCommand(program, { control: () => control, output: () => output });
    await program.parseAsync(['upload', P, file], { from: 'user' });
    return { got, said };
  }

  it('goes on where the same file was left, whenever that was changed last', async () => {
    const bytes = randomBytes(5000);
    writeFileSync(file, bytes);
    const { got, said } = await run(bytes.subarray(0, 2300), { createdAt: '2000-01-01T00:00:00.000Z' });
    expect(got.get(BEGUN)?.equals(bytes)).toBe(true);
    expect(got.get(NEW)).toHaveLength(0);
    expect(said).toEqual(['Going on after 2.3 kB.', `Uploaded ${file} as the data asset ${BEGUN}.`]);
  });

  it('begins anew with another file of the same name and size, however old it is', async () => {
    const bytes = randomBytes(5000);
    writeFileSync(file, bytes);
    utimesSync(file, 0, 0);
    // Only the last byte that has come is another one.
    const arrived = Buffer.from(bytes.subarray(0, 2300));
    arrived.writeUInt8(arrived.readUInt8(2299) ^ 1, 2299);
    const { got, said } = await run(arrived);
    expect(got.get(NEW)?.equals(bytes)).toBe(true);
    expect(got.get(BEGUN)?.equals(arrived)).toBe(true);
    expect(said[0]).toBe(`Not going on with the unfinished upload ${BEGUN}: another file was sent to it.`);
  });

  it('begins anew where name or size are others', async () => {
    const bytes = randomBytes(5000);
    writeFileSync(file, bytes);
    for (const change of [{ name: 'other.jsonl' }, { lengthBytes: 5001 }]) {
      const { got } = await run(bytes.subarray(0, 2300), change);
      expect(got.get(NEW)?.equals(bytes)).toBe(true);
    }
  });
});
