import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../core/index.ts';
import { type ModelFileStore, openModelFileStore } from './model-file-store.ts';
import { sha256Of, tinyGgufFile } from './testing.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-models-'));
  folders.push(folder);
  return folder;
}

function openStore(directory: string): Promise<ModelFileStore> {
  return openModelFileStore({ directory, clock: systemClock, logger: silentLogger });
}

async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const tiny = tinyGgufFile({ name: 'Tiny', contextLength: 512 });
const expected = { sha256: sha256Of(tiny), sizeBytes: tiny.length };

async function installTiny(store: ModelFileStore, modelId = 'test/tiny') {
  const part = await store.openPart(modelId, expected.sha256);
  await part.write(chunksOf(tiny), { offset: 0 });
  return store.install(modelId, part, { source: 'Test', expected });
}

describe('the models folder', () => {
  it('looks into a damaged file once, and again when it has changed', async () => {
    const folder = newFolder();
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    const store = await openModelFileStore({ directory: folder, clock: systemClock, logger });
    writeFileSync(join(folder, 'test--tiny.gguf'), tiny.subarray(0, 100));
    for (let round = 0; round < 5; round += 1) expect(await store.list()).toEqual([]);
    expect(warnings).toHaveLength(1);
    writeFileSync(join(folder, 'test--tiny.gguf'), tiny);
    expect(await store.list()).toMatchObject([{ modelId: 'test/tiny' }]);
  });

  it('takes a file that somebody put there, for all who ask first at the same moment', async () => {
    const folder = newFolder();
    const store = await openStore(folder);
    writeFileSync(join(folder, 'test--tiny.gguf'), tiny);
    const found = await Promise.all(Array.from({ length: 20 }, () => store.find('test/tiny')));
    expect(found.filter((model) => model?.modelId === 'test/tiny')).toHaveLength(20);
    expect(readdirSync(folder).sort()).toEqual(['test--tiny.gguf', 'test--tiny.json']);
  });

  it('lists a file that was installed, also after a restart, with where it came from', async () => {
    const folder = newFolder();
    const installed = await installTiny(await openStore(folder));
    expect(readFileSync(installed.path)).toEqual(tiny);
    const again = await (await openStore(folder)).list();
    expect(again).toEqual([installed]);
    expect(again[0]).toMatchObject({
      modelId: 'test/tiny',
      source: 'Test',
      sha256: expected.sha256,
      metadata: { contextLength: 512 },
    });
    expect(readdirSync(folder).sort()).toEqual(['test--tiny.gguf', 'test--tiny.json']);
  });

  it('keeps nothing of a file with a wrong checksum, and says both checksums', async () => {
    const folder = newFolder();
    const store = await openStore(folder);
    const wrong = Buffer.from(tiny);
    wrong[wrong.length - 1] = 1;
    const part = await store.openPart('test/tiny', expected.sha256);
    await part.write(chunksOf(wrong), { offset: 0 });
    await expect(store.install('test/tiny', part, { source: 'Test', expected })).rejects.toMatchObject({
      code: 'failed-precondition',
      message: expect.stringContaining(expected.sha256),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps nothing of a file that is no model, even when nobody knows its checksum', async () => {
    const folder = newFolder();
    const store = await openStore(folder);
    const part = await store.openImport();
    await part.write(chunksOf(tiny.subarray(0, tiny.length - 1)), { offset: 0 });
    await expect(
      store.install('test/tiny', part, { source: 'imported', expected: { sha256: null, sizeBytes: null } }),
    ).rejects.toThrow(/cut off/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not list what is on its way in, and goes on from it after a restart', async () => {
    const folder = newFolder();
    const first = await openStore(folder);
    const part = await first.openPart('test/tiny', expected.sha256);
    await part.write(chunksOf(tiny.subarray(0, 5000)), { offset: 0, etag: '"a"' });

    const second = await openStore(folder);
    expect(await second.list()).toEqual([]);
    const resumed = await second.openPart('test/tiny', expected.sha256);
    expect(await resumed.received()).toEqual({ sizeBytes: 5000, etag: '"a"' });
    await resumed.write(chunksOf(tiny.subarray(5000)), { offset: 5000 });
    await second.install('test/tiny', resumed, { source: 'Test', expected });
    expect(await second.list()).toHaveLength(1);
  });

  it('throws away bytes of another file that lie where a download goes on', async () => {
    const store = await openStore(newFolder());
    const part = await store.openPart('test/tiny', 'a'.repeat(64));
    await part.write(chunksOf(tiny.subarray(0, 5000)), { offset: 0 });
    expect((await (await store.openPart('test/tiny', expected.sha256)).received()).sizeBytes).toBe(0);
  });

  it('keeps what came before the connection broke', async () => {
    const store = await openStore(newFolder());
    const part = await store.openPart('test/tiny', expected.sha256);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield tiny.subarray(0, 3000);
      throw new Error('cut');
    }
    await expect(part.write(broken(), { offset: 0 })).rejects.toThrow('cut');
    expect((await part.received()).sizeBytes).toBe(3000);
  });

  it('stops at more bytes than the file has', async () => {
    const store = await openStore(newFolder());
    const part = await store.openPart('test/tiny', expected.sha256);
    await expect(part.write(chunksOf(tiny), { offset: 0, mostBytes: 2000 })).rejects.toMatchObject({
      code: 'failed-precondition',
    });
  });

  it('says in words that there is no room', async () => {
    const store = await openStore(newFolder());
    await expect(store.checkSpaceFor(1e18)).rejects.toMatchObject({
      code: 'resource-exhausted',
      message: expect.stringContaining('space'),
    });
  });

  it('takes in a whole model file that somebody copied there, and leaves a damaged one unlisted and untouched', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'test--copied.gguf'), tiny);
    writeFileSync(join(folder, 'test--damaged.gguf'), tiny.subarray(0, 4000));
    writeFileSync(join(folder, 'no-model-name.gguf'), tiny);
    const listed = await (await openStore(folder)).list();
    expect(listed.map((model) => [model.modelId, model.sha256])).toEqual([['test/copied', null]]);
    expect(existsSync(join(folder, 'test--damaged.gguf'))).toBe(true);
  });

  it('no longer trusts details that are of another file', async () => {
    const folder = newFolder();
    await installTiny(await openStore(folder));
    writeFileSync(join(folder, 'test--tiny.gguf'), tinyGgufFile({ contextLength: 2048, weights: 100 }));
    expect((await (await openStore(folder)).list())[0]).toMatchObject({
      sha256: null,
      metadata: { contextLength: 2048 },
    });
  });

  it('removes a model with everything beside it, and nothing else', async () => {
    const folder = newFolder();
    const store = await openStore(folder);
    await installTiny(store);
    await installTiny(store, 'test/other');
    await (await store.openPart('test/tiny', 'b'.repeat(64))).write(chunksOf(tiny), { offset: 0 });
    await store.remove('test/tiny');
    await store.remove('test/tiny');
    expect(readdirSync(folder).sort()).toEqual(['test--other.gguf', 'test--other.json']);
  });

  it('clears at the start what a killed import or unpacking left', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, '.import-x.part'), 'x');
    mkdirSync(join(folder, '.unpack-x'));
    writeFileSync(join(folder, '.unpack-x', 'wheel'), 'x');
    await openStore(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says in words that it may not be used', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await expect(openStore(file)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
