import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Control } from '../control.ts';
import { addBucketCommands } from './buckets.ts';
import { addProjectCommands } from './projects.ts';

const at = '2026-05-01T12:00:00.000Z';
const P = 'b8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11';
const ada = { userId: '11111111-5f5c-4a52-9d2e-0f6a3c1f7a11', kind: 'person', name: 'Ada', email: 'ada@example.org' };
const bo = { userId: '22222222-5f5c-4a52-9d2e-0f6a3c1f7a11', kind: 'person', name: 'Bo', email: 'bo@example.org' };
const object = { objectId: P, sealedSizeBytes: 1200, createdAt: at, belongsToAsset: false };

const answers: Readonly<Record<string, unknown>> = {
  [`GET /projects/${P}/collaborators`]: { items: [{ ...ada, role: 'admin', createdAt: at }] },
  [`POST /projects/${P}/candidates/search`]: { items: [bo] },
  [`PUT /projects/${P}/collaborators/${bo.userId}`]: { ...bo, role: 'editor', createdAt: at },
  [`GET /projects/${P}/bucket/grants`]: { items: [{ ...bo, access: 'reader', createdAt: at }] },
  [`PUT /projects/${P}/bucket/grants/${ada.userId}`]: { ...ada, access: 'writer', createdAt: at },
  [`GET /projects/${P}/bucket/objects`]: { items: [object] },
  [`DELETE /projects/${P}/bucket/objects/x`]: { receipt: 'a.b.c' },
};

describe('the commands for who is in a project, and for its bucket', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs one command against canned answers. @returns what was changed on the server, and what was printed */
  async function run(...args: string[]): Promise<{ changed: unknown[]; printed: string }> {
    const changed: unknown[] = [];
    let printed = '';
    const control: Control = {
      dataDirectory: '/data',
      async call(schema, method, path, body) {
        if (method !== 'GET' && !path.endsWith('/search')) changed.push([`${method} ${path}`, body]);
        return schema.parse(answers[`${method} ${path.split('?')[0]}`]);
      },
      async run(method, path) {
        changed.push(`${method} ${path}`);
      },
      async upload(schema, path, content) {
        changed.push([`PUT ${path}`, await text(content)]);
        return schema.parse(object);
      },
      send: async () => expect.fail('nothing is sent'),
      async download(path, sink) {
        if (path.endsWith('gone')) throw new Error('the server refuses');
        sink.write(`content of ${path.split('/').at(-1)}`);
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
    const context = { control: () => control, output: () => output };
    addProjectCommands(program, context);
    addBucketCommands(program, context);
    await program.parseAsync(args, { from: 'user' });
    return { changed, printed };
  }

  it('add people by what they are called, and say who they are', async () => {
    for (const who of ['bo@example.org', 'BO', bo.userId]) {
      expect(await run('project', 'collaborators', P, 'add', who, '--role', 'editor')).toEqual({
        changed: [[`PUT /projects/${P}/collaborators/${bo.userId}`, { role: 'editor' }]],
        printed: 'Bo is editor of the project now.',
      });
    }
    expect((await run('project', 'collaborators', P, 'list')).printed).toContain('ada@example.org');
    expect((await run('project', 'collaborators', P, 'remove', 'ada')).changed).toEqual([
      `DELETE /projects/${P}/collaborators/${ada.userId}`,
    ]);
    await expect(run('project', 'collaborators', P, 'add', 'nobody')).rejects.toThrow('Nobody here is "nobody"');
    await expect(run('project', 'collaborators', P, 'add')).rejects.toThrow('whom or what');
    await expect(run('project', 'collaborators', P, 'burn')).rejects.toThrow('use list, add, remove');
  });

  it('grant and revoke the bucket', async () => {
    expect((await run('bucket', P, 'grant', 'Ada', '--access', 'writer')).changed).toEqual([
      [`PUT /projects/${P}/bucket/grants/${ada.userId}`, { access: 'writer' }],
    ]);
    expect((await run('bucket', P, 'revoke', 'bo@example.org')).changed).toEqual([
      `DELETE /projects/${P}/bucket/grants/${bo.userId}`,
    ]);
    await expect(run('bucket', P, 'revoke', 'ada')).rejects.toThrow('Nobody here');
    expect((await run('bucket', P, 'grants')).printed).toContain('reader');
  });

  it('put, list, get and delete objects', async () => {
    const [file, copy] = [join(folder, 'file'), join(folder, 'copy')];
    writeFileSync(file, 'bytes');
    const put = await run('bucket', P, 'put', file);
    expect(put.changed).toEqual([
      [expect.stringMatching(`^PUT /projects/${P}/bucket/objects/[0-9a-f-]{36}$`), 'bytes'],
    ]);
    expect(put.printed.split('\n').at(-1)).toBe(object.objectId);
    expect((await run('bucket', P, 'put', file, '--id', 'x')).changed).toEqual([
      [`PUT /projects/${P}/bucket/objects/x`, 'bytes'],
    ]);
    expect((await run('bucket', P, 'list')).printed).toContain('1.2 kB');
    await run('bucket', P, 'get', 'x', '--output', copy);
    expect(readFileSync(copy, 'utf8')).toBe('content of x');
    expect(await run('bucket', P, 'delete', 'x')).toEqual({
      changed: [[`DELETE /projects/${P}/bucket/objects/x`, undefined]],
      printed: 'Deleted the object x. The receipt:\na.b.c',
    });
    await expect(run('bucket', P, 'put', join(folder, 'none'))).rejects.toThrow('There is no file');
  });

  it('overwrite no file, and leave no half of one', async () => {
    const [file, none] = [join(folder, 'file'), join(folder, 'none')];
    writeFileSync(file, 'mine');
    await expect(run('bucket', P, 'get', 'x', '--output', file)).rejects.toThrow('cannot be written (EEXIST)');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await expect(run('bucket', P, 'get', 'gone', '--output', none)).rejects.toThrow('the server refuses');
    expect(() => readFileSync(none)).toThrow('ENOENT');
  });
});
