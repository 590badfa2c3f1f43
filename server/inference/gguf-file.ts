import { open, stat } from 'node:fs/promises';
import { AppError } from '../core/index.ts';
import type { ModelFunction } from './model-catalogue.ts';

/** What a model file says of itself. */
export type ModelFileMetadata = {
  /** Kind of network, for example `llama`. */
  readonly architecture: string;
  readonly name: string | null;
  /** For example `135M`. */
  readonly parameterCount: string | null;
  readonly licence: string | null;
  readonly contextLength: number;
  readonly hasChatTemplate: boolean;
  readonly functions: readonly ModelFunction[];
};

const MAGIC = 'GGUF';
const HEADER_BYTES = 24;
const MOST_TENSORS = 1_000_000;

/** Long lists that nobody here reads; leaving them out keeps the check fast. */
const UNREAD_KEYS = ['tokens', 'scores', 'token_type', 'merges'].map((key) => `tokenizer.ggml.${key}`);

/** Elements and bytes of one block of a tensor type, by GGML's number; of types that are missing only the start is checked. */
const BLOCKS: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  0: [1, 4], // F32
  1: [1, 2], // F16
  2: [32, 18], // Q4_0
  3: [32, 20], // Q4_1
  6: [32, 22], // Q5_0
  7: [32, 24], // Q5_1
  8: [32, 34], // Q8_0
  10: [256, 84], // Q2_K
  11: [256, 110], // Q3_K
  12: [256, 144], // Q4_K
  13: [256, 176], // Q5_K
  14: [256, 210], // Q6_K
  30: [1, 2], // BF16
};

/**
 * Reads what a GGUF file says of itself and checks that it is whole: magic, version, and that every tensor lies inside the file.
 * The weights themselves are not read, and llama.cpp is not loaded.
 * @throws AppError `failed-precondition` in one sentence for people when it is no GGUF model, or a damaged or cut one.
 */
export async function inspectGgufFile(path: string): Promise<ModelFileMetadata> {
  const { size } = await stat(path);
  await checkHeader(path, size);
  // Loaded when first needed: the server's process needs it for nothing else.
  const { readGgufFileInfo } = await import('node-llama-cpp');
  type GgufFileInfo = Awaited<ReturnType<typeof readGgufFileInfo>>;
  let info: GgufFileInfo;
  try {
    info = await readGgufFileInfo(path, {
      sourceType: 'filesystem',
      spliceSplitFiles: false,
      logWarnings: false,
      ignoreKeys: UNREAD_KEYS,
    });
  } catch (error) {
    throw damaged('its description cannot be read', error);
  }
  const dataStart = info.infoEndOffset ?? size + 1;
  for (const tensor of info.tensorInfo ?? []) {
    const elements = tensor.dimensions.reduce<number>((product, length) => product * Number(length), 1);
    const [blockElements, blockBytes] = BLOCKS[tensor.ggmlType] ?? [1, 0];
    const end = dataStart + Number(tensor.offset) + Math.ceil(elements / blockElements) * blockBytes;
    if (!(end <= size)) throw damaged('it is cut off: a part of its weights is missing');
  }
  return metadataOf(info.metadata);
}

async function checkHeader(path: string, size: number): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = await open(path, 'r');
  const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0).finally(() => file.close());
  if (header.subarray(0, 4).toString('latin1') !== MAGIC) {
    throw refused('This is not a GGUF model file. Cloister runs models in the GGUF format.');
  }
  if (bytesRead < HEADER_BYTES || size <= HEADER_BYTES) throw damaged('it is cut off');
  const version = header.readUInt32LE(4);
  if (version !== 2 && version !== 3) {
    throw refused('This GGUF model file is of a version that Cloister does not read; versions 2 and 3 are.');
  }
  const tensorCount = header.readBigUInt64LE(8);
  if (tensorCount === 0n) throw refused('This GGUF file holds no weights, so it is not a model.');
  if (tensorCount > MOST_TENSORS) throw damaged('its list of weights makes no sense');
}

function metadataOf(metadata: unknown): ModelFileMetadata {
  if (Number(valueAt(metadata, ['split', 'count']) ?? 1) > 1) {
    throw refused('This is one part of a model that is split over several files. Join them first: llama-gguf-split --merge');
  }
  const architecture = textAt(metadata, ['general', 'architecture']);
  if (architecture === null) throw damaged('it does not say what kind of network it holds');
  const contextLength = valueAt(metadata, [architecture, 'context_length']);
  if (!isCount(contextLength)) throw damaged('it does not say how long a context it can read');
  const hasChatTemplate = textAt(metadata, ['tokenizer', 'chat_template']) !== null;
  const isEmbedding = valueAt(metadata, [architecture, 'pooling_type']) !== undefined;
  return {
    architecture,
    name: textAt(metadata, ['general', 'name']),
    parameterCount: textAt(metadata, ['general', 'size_label']),
    licence: textAt(metadata, ['general', 'license']),
    contextLength: Number(contextLength),
    hasChatTemplate,
    functions: isEmbedding ? ['embedding'] : hasChatTemplate ? ['text_generation', 'text_chat'] : ['text_generation'],
  };
}

function isCount(value: unknown): value is number | bigint {
  return (typeof value === 'number' || typeof value === 'bigint') && value > 0 && value < 2 ** 31;
}

function textAt(metadata: unknown, path: readonly string[]): string | null {
  const value = valueAt(metadata, path);
  return typeof value === 'string' && value !== '' ? value.slice(0, 100_000) : null;
}

function valueAt(metadata: unknown, path: readonly string[]): unknown {
  let value = metadata;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function damaged(what: string, cause?: unknown): AppError {
  return refused(`This model file is damaged: ${what}. Get it again from where it came from.`, cause);
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError('failed-precondition', message, { details: { reason: 'model-file-not-valid' }, cause });
}
