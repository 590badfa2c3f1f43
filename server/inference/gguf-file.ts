import { stat } from 'node:fs/promises';
import { AppError } from '../core/index.ts';
import { GgufFault, type GgufHead, readGgufHead } from './gguf-reader.ts';
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
  const head = await readGgufHead(path).catch((error: unknown) => {
    throw error instanceof GgufFault ? refused(error.message, error) : error;
  });
  if (head.tensors.length === 0) throw refused('holds no weights');
  for (const { elements, type, offset } of head.tensors) {
    const [blockElements, blockBytes] = BLOCKS[type] ?? [1, 0];
    const end = head.dataStart + offset + Math.ceil(elements / blockElements) * blockBytes;
    if (!(end <= size)) throw refused('is cut off: a part of its weights is missing');
  }
  return metadataOf(head);
}

function metadataOf({ values }: GgufHead): ModelFileMetadata {
  const textOf = (key: string): string | null => {
    const value = values.get(key);
    return typeof value === 'string' && value !== '' ? value.slice(0, 200) : null;
  };
  if (Number(values.get('split.count') ?? 1) > 1) {
    throw refused('is one part of a model that is split over several files (join them with llama-gguf-split --merge)');
  }
  const architecture = textOf('general.architecture');
  if (architecture === null) throw refused('does not say what kind of network it holds');
  const contextLength = values.get(`${architecture}.context_length`);
  if (typeof contextLength !== 'number' || !Number.isInteger(contextLength) || contextLength < 1) {
    throw refused('does not say how long a context it can read');
  }
  const hasChatTemplate = textOf('tokenizer.chat_template') !== null;
  const isEmbedding = values.has(`${architecture}.pooling_type`);
  return {
    architecture,
    name: textOf('general.name'),
    parameterCount: textOf('general.size_label'),
    licence: textOf('general.license'),
    contextLength,
    hasChatTemplate,
    functions: isEmbedding ? ['embedding'] : hasChatTemplate ? ['text_generation', 'text_chat'] : ['text_generation'],
  };
}

/** @param what is wrong, in words that go on from "it". */
function refused(what: string, cause?: unknown): AppError {
  return new AppError(
    'failed-precondition',
    `The file is no usable model file: it ${what}. Get a whole GGUF file from where it came from.`,
    { details: { reason: 'model-file-not-valid' }, cause },
  );
}
