import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import {
  type ArchiveManifest,
  archivedAsset,
  archivedObject,
  archivedPart,
  MANIFEST_PATH,
  MOST_ENTRIES,
  MOST_MANIFEST_BYTES,
  manifestHead,
} from './archive-manifest.ts';
import { notReadable } from './zip-reader.ts';

/** The longest names and descriptions, each letter of them escaped, are a third of this. */
const MOST_ENTRY_BYTES = 64 * 1024;
/** The manifest without its entries, a number in the place of each. */
const MOST_OUTLINE_BYTES = 2 * 1024 * 1024;
/** Deep nesting takes a parser long. */
const MOST_DEPTH = 100;
/** How much is read between two turns of the event loop. */
const [BYTES_A_TURN, ENTRIES_A_TURN] = [1024 * 1024, 500];

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** No list of schemas: it would tell every fault of two hundred thousand entries. */
const entryNumbers = z.custom<readonly unknown[]>((value) => Array.isArray(value));
const outlineShape = manifestHead.extend({
  assets: entryNumbers,
  parts: entryNumbers.optional(),
  objects: entryNumbers,
});

/**
 * Reads a manifest that anybody may have written, entry by entry, up to the first fault: neither many entries nor many faults hold the
 * server up, or fill its memory.
 * @throws AppError `failed-precondition` (reason `archive-not-readable`)
 */
export async function readManifest(bytes: Uint8Array): Promise<ArchiveManifest> {
  if (bytes.length > MOST_MANIFEST_BYTES) throw notReadable(`its ${MANIFEST_PATH} is too large`);
  const { outline, entries } = await takeApart(bytes);
  const head = outlineShape.safeParse(parseJson(outline));
  if (!head.success) throw notOurs();
  const isRead = new Set<unknown>();

  async function read<T>(numbers: readonly unknown[], shape: z.ZodType<T>): Promise<readonly T[]> {
    const found: T[] = [];
    for (const number of numbers) {
      if (found.length % ENTRIES_A_TURN === 0) await turn();
      const entry = typeof number === 'number' ? entries[number] : undefined;
      // Each once: a manifest that has numbers of its own in its lists is not one of ours.
      if (entry === undefined || isRead.has(number)) throw notOurs();
      isRead.add(number);
      const parsed = shape.safeParse(parseJson(bytes.subarray(entry.start, entry.end)));
      if (!parsed.success) throw notOurs();
      found.push(parsed.data);
    }
    return found;
  }

  const { assets, parts = [], objects, ...rest } = head.data;
  return {
    ...rest,
    assets: await read(assets, archivedAsset),
    parts: await read(parts, archivedPart),
    objects: await read(objects, archivedObject),
  };
}

type Entry = { readonly start: number; readonly end: number };

/**
 * Finds the objects in the lists of the outermost object. What is no JSON is found out later, as each part is parsed by itself.
 * @returns where they are, and the manifest with the number of each in its place
 */
async function takeApart(bytes: Uint8Array): Promise<{ outline: Uint8Array; entries: readonly Entry[] }> {
  const entries: Entry[] = [];
  const outline = new Outline();
  let [depth, isInText, isInList, start, kept, nextTurn] = [0, false, false, 0, 0, BYTES_A_TURN];
  for (let place = 0; place < bytes.length; place += 1) {
    if (place >= nextTurn) {
      await turn();
      nextTurn += BYTES_A_TURN;
    }
    const byte = bytes[place];
    if (isInText) {
      if (byte === BACKSLASH) place += 1;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) isInText = true;
    else if (byte === OPEN || byte === OPEN_LIST) {
      depth += 1;
      if (depth > MOST_DEPTH) throw notOurs();
      if (depth === 2) isInList = byte === OPEN_LIST;
      if (depth === 3) start = byte === OPEN && isInList ? place : -1;
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth !== 2 || start < 0) continue;
      const end = place + 1;
      if (end - start > MOST_ENTRY_BYTES) throw notOurs();
      if (entries.length === MOST_ENTRIES) throw notReadable(`it has more than ${MOST_ENTRIES} files`);
      outline.add(bytes.subarray(kept, start));
      outline.add(Buffer.from(String(entries.length)));
      entries.push({ start, end });
      kept = end;
    }
  }
  outline.add(bytes.subarray(kept));
  return { outline: outline.bytes(), entries };
}

class Outline {
  readonly #bytes = Buffer.alloc(MOST_OUTLINE_BYTES);
  #sizeBytes = 0;

  add(part: Uint8Array): void {
    if (this.#sizeBytes + part.length > MOST_OUTLINE_BYTES) throw notOurs();
    this.#bytes.set(part, this.#sizeBytes);
    this.#sizeBytes += part.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#sizeBytes);
  }
}

function notOurs() {
  return notReadable(`its ${MANIFEST_PATH} is not one that this version of Cloister can read`);
}

/** The fault is not told in detail: parsers quote what they read. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
