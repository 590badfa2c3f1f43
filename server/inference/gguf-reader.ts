import { type FileHandle, open } from 'node:fs/promises';

/**
 * Reads the head of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): the key-value pairs and the list of
 * tensors. Written here because it must never trust the file: every length is checked against the file's size before it is used,
 * so a damaged or hostile file ends in an error after little work. The reader of node-llama-cpp reads zeros after the file's end.
 */
export type GgufHead = {
  readonly version: number;
  /** Text, numbers and truth values by key; lists (the vocabulary) are checked and left out. */
  readonly values: ReadonlyMap<string, string | number | boolean>;
  readonly tensors: readonly GgufTensor[];
  /** Where the tensors' bytes begin, from the start of the file. */
  readonly dataStart: number;
};

export type GgufTensor = {
  readonly elements: number;
  /** GGML's number of the type. */
  readonly type: number;
  /** From {@link GgufHead.dataStart}. */
  readonly offset: number;
};

/** What is wrong with a file, in words that go on from "it". */
export class GgufFault extends Error {}

const MAGIC = 'GGUF';
const READ_BYTES = 1 << 20;
/** Far above what real models have, and low enough that checking takes seconds at most. */
const LIMITS = { headBytes: 512 * 2 ** 20, pairs: 100_000, tensors: 1_000_000, listItems: 20_000_000, dimensions: 8 };
const LONGEST_KEPT_TEXT = 1 << 20;
const DEFAULT_ALIGNMENT = 32;
const TEXT = 8;
const LIST = 9;

/** Bytes of one value of a type, by GGUF's number of the type. */
const FIXED_SIZES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/** @throws GgufFault when the file is no GGUF file, is cut, or makes no sense. */
export async function readGgufHead(path: string): Promise<GgufHead> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await readHead(new BoundedReader(file, Math.min(size, LIMITS.headBytes)));
  } finally {
    await file.close();
  }
}

async function readHead(reader: BoundedReader): Promise<GgufHead> {
  if (!(await reader.startsWith(MAGIC))) throw new GgufFault('is not a GGUF file');
  await reader.skip(MAGIC.length);
  const version = await reader.uint32();
  if (version !== 2 && version !== 3) throw new GgufFault('is of a version of GGUF other than 2 and 3');
  const tensorCount = await reader.count(LIMITS.tensors);
  const pairCount = await reader.count(LIMITS.pairs);
  const values = new Map<string, string | number | boolean>();
  for (let pair = 0; pair < pairCount; pair += 1) {
    const key = await reader.text();
    const value = await readValue(reader, await reader.uint32(), 0);
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const tensors: GgufTensor[] = [];
  for (let tensor = 0; tensor < tensorCount; tensor += 1) tensors.push(await readTensor(reader));
  const alignment = values.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 1 || alignment > 2 ** 20) {
    throw new GgufFault('aligns its weights in a way that makes no sense');
  }
  return { version, values, tensors, dataStart: Math.ceil(reader.position / alignment) * alignment };
}

async function readTensor(reader: BoundedReader): Promise<GgufTensor> {
  await reader.text();
  const dimensions = await reader.uint32();
  if (dimensions > LIMITS.dimensions) throw new GgufFault('has weights of too many dimensions');
  let elements = 1;
  for (let dimension = 0; dimension < dimensions; dimension += 1) elements *= Number(await reader.uint64());
  return { elements, type: await reader.uint32(), offset: Number(await reader.uint64()) };
}

async function readValue(
  reader: BoundedReader,
  type: number,
  depth: number,
): Promise<string | number | boolean | undefined> {
  if (type === TEXT) return reader.text();
  if (type === LIST) {
    if (depth > 1) throw new GgufFault('holds lists in lists in lists');
    const itemType = await reader.uint32();
    const length = await reader.count(LIMITS.listItems);
    const itemSize = FIXED_SIZES[itemType];
    if (itemSize !== undefined) await reader.skip(itemSize * length);
    else for (let item = 0; item < length; item += 1) await skipItem(reader, itemType, depth);
    return undefined;
  }
  const size = FIXED_SIZES[type];
  if (size === undefined) throw new GgufFault('holds a value of an unknown kind');
  return numberOf(await reader.take(size), type);
}

async function skipItem(reader: BoundedReader, type: number, depth: number): Promise<void> {
  if (type === TEXT) await reader.skip(Number(await reader.uint64()));
  else await readValue(reader, type, depth + 1);
}

function numberOf(bytes: Buffer, type: number): number | boolean {
  const read: Readonly<Record<number, () => number | boolean>> = {
    0: () => bytes.readUInt8(),
    1: () => bytes.readInt8(),
    2: () => bytes.readUInt16LE(),
    3: () => bytes.readInt16LE(),
    4: () => bytes.readUInt32LE(),
    5: () => bytes.readInt32LE(),
    6: () => bytes.readFloatLE(),
    7: () => bytes.readUInt8() !== 0,
    10: () => Number(bytes.readBigUInt64LE()),
    11: () => Number(bytes.readBigInt64LE()),
    12: () => bytes.readDoubleLE(),
  };
  return read[type]?.() ?? 0;
}

/** Goes through a file once, from its start, and never past `size`. */
class BoundedReader {
  position = 0;
  readonly #file: FileHandle;
  readonly #size: number;
  #buffer = Buffer.alloc(0);
  #bufferStart = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async startsWith(text: string): Promise<boolean> {
    if (this.#size < text.length) return false;
    const found = (await this.take(text.length)).toString('latin1') === text;
    this.position -= text.length;
    return found;
  }

  async take(length: number): Promise<Buffer> {
    const from = this.#advance(length);
    if (from < this.#bufferStart || from + length > this.#bufferStart + this.#buffer.length) {
      const wanted = Math.min(this.#size - from, Math.max(length, READ_BYTES));
      const buffer = Buffer.alloc(wanted);
      const { bytesRead } = await this.#file.read(buffer, 0, wanted, from);
      if (bytesRead < length) throw cutOff();
      this.#buffer = buffer.subarray(0, bytesRead);
      this.#bufferStart = from;
    }
    return this.#buffer.subarray(from - this.#bufferStart, from - this.#bufferStart + length);
  }

  async skip(length: number): Promise<void> {
    this.#advance(length);
  }

  async uint32(): Promise<number> {
    return (await this.take(4)).readUInt32LE();
  }

  async uint64(): Promise<bigint> {
    return (await this.take(8)).readBigUInt64LE();
  }

  /** A number of things of which there can't be more than `most`. */
  async count(most: number): Promise<number> {
    const count = await this.uint64();
    if (count > BigInt(most)) throw new GgufFault('says a number that makes no sense');
    return Number(count);
  }

  /** Text; undefined for one so long that nobody here reads it. */
  async text(): Promise<string | undefined> {
    const length = Number(await this.uint64());
    if (length > LONGEST_KEPT_TEXT) {
      await this.skip(length);
      return undefined;
    }
    return (await this.take(length)).toString('utf8');
  }

  #advance(length: number): number {
    const from = this.position;
    if (from + length > this.#size) throw cutOff();
    this.position += length;
    return from;
  }
}

function cutOff(): GgufFault {
  return new GgufFault('is cut off');
}
