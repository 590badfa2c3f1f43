import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Control } from '../control.ts';
import { addAssetCommands } from './assets.ts';

const P = 'b8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11';
const kept = {
  id: '11111111-5f5c-4a52-9d2e-0f6a3c1f7a11',
  type: 'data-asset',
  name: 'Cases',
  description: '',
  tags: ['tax', '2026'],
  mediaType: 'text/csv',
  sizeBytes: 1200,
  sealedSizeBytes: 1500,
  createdAt: '2026-05-01T12:00:00.000Z',
  createdByUserId: P,
  createdBy: 'Ada',
  updatedAt: '2026-05-01T12:00:00.000Z',
};

describe('the commands for assets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs one command against a server that has two assets, one a page. @returns what was asked for, and what was printed */
  async function run(...args: string[]): Promise<{ asked: unknown[]; printed: string }> {
    const asked: unknown[] = [];
    let printed = '';
    const control: Control = {
      dataDirectory: '/data',
      async call(schema, method, path, body) {
        asked.push(body === undefined ? `${method} ${path}` : [`${method} ${path}`, body]);
        if (method === 'DELETE') return schema.parse({ receipt: 'a.b.c' });
        if (method === 'PATCH') return schema.parse({ ...kept, ...(body as object) });
        if (path.endsWith(kept.id)) return schema.parse(kept);
        const isFirst = !Object.hasOwn(Object(body), 'cursor');
        return schema.parse({
          items: [{ ...kept, name: isFirst ? 'Cases' : 'More' }],
          ...(isFirst ? { nextCursor: 'c' } : {}),
        });
      },
      run: async () => expect.fail('nothing is run'),
      upload: async () => expect.fail('nothing is uploaded'),
      send: async () => expect.fail('nothing is sent'),
      async download(path, sink) {
        sink.write(`content of ${path.split('/').at(-2)}`);
      },
    };
    const output = {
      json: false,
      result: (_value: unknown, shown: string) => {
        printed = shown;
      },
      progress: () => {},
      progressInPlace: () => {},
    };
    const program = new Command('cloister').exitOverride();
    addAssetCommands(program, { control: () => control, output: () => output });
    await program.parseAsync(args, { from: 'user' });
    return { asked, printed };
  }

  it('list every page, as they are asked to', async () => {
    const { asked, printed } = await run('asset', 'list', P, '--find', 'a & b', '--tag', 'tax', '--sort', 'size');
    expect(asked).toEqual([
      [`POST /projects/${P}/assets/search`, { limit: 200, tag: 'tax', sort: 'size', q: 'a & b' }],
      [`POST /projects/${P}/assets/search`, { limit: 200, tag: 'tax', sort: 'size', q: 'a & b', cursor: 'c' }],
    ]);
    expect(printed.split('\n')).toHaveLength(3);
    expect(printed).toContain('1.2 kB');
    expect(printed).toContain('tax, 2026  Cases');
    await expect(run('asset', 'list', P, '--sort', 'content')).rejects.toThrow('Allowed choices');
  });

  it('rename and tag', async () => {
    const path = `/projects/${P}/assets/${kept.id}`;
    expect(await run('asset', 'rename', P, kept.id, 'New', '--description', 'about it')).toEqual({
      asked: [[`PATCH ${path}`, { name: 'New', description: 'about it' }]],
      printed: 'The asset is now named New.',
    });
    expect(await run('asset', 'tag', P, kept.id, '--add', 'court', 'x', '--remove', 'Tax')).toEqual({
      asked: [`GET ${path}`, [`PATCH ${path}`, { tags: ['2026', 'court', 'x'] }]],
      printed: 'Its tags are: 2026, court, x.',
    });
    await expect(run('asset', 'tag', P, kept.id)).rejects.toThrow('--add');
  });

  it('download into a file, and show the receipt of a deletion', async () => {
    const file = join(folder, 'cases.csv');
    expect((await run('asset', 'get', P, kept.id, '--output', file)).printed).toBe(`Wrote ${file}.`);
    expect(readFileSync(file, 'utf8')).toBe(`content of ${kept.id}`);
    await expect(run('asset', 'get', P, kept.id, '--output', file)).rejects.toThrow('cannot be written (EEXIST)');
    const deleted = await run('asset', 'delete', P, kept.id);
    expect(deleted.asked).toEqual([`DELETE /projects/${P}/assets/${kept.id}`]);
    expect(deleted.printed).toContain('a.b.c');
  });
});
