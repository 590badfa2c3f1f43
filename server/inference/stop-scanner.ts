/**
 * Finds stop sequences in text that comes in pieces. Text that might be the beginning of one is held back until that is decided, so
 * nothing of a stop sequence, and nothing after it, ever gets out (unless it shall be included).
 */
export class StopScanner {
  readonly #sequences: readonly string[];
  readonly #includes: boolean;
  #held = '';

  constructor(sequences: readonly string[], includes: boolean) {
    this.#sequences = sequences;
    this.#includes = includes;
  }

  /** Adds a piece. @returns the text that can go out, and whether a stop sequence ended it. */
  push(piece: string): { readonly text: string; readonly isStopped: boolean } {
    const text = this.#held + piece;
    const hit = this.#firstHit(text);
    if (hit !== undefined) {
      this.#held = '';
      return { text: text.slice(0, this.#includes ? hit.end : hit.start), isStopped: true };
    }
    const keep = this.#sequences.reduce((longest, sequence) => Math.max(longest, overlap(text, sequence)), 0);
    this.#held = text.slice(text.length - keep);
    return { text: text.slice(0, text.length - keep), isStopped: false };
  }

  /** The text that was held back, when no more comes. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** The one that is complete first, and the longest of those: then it is the same however the text comes in pieces. */
  #firstHit(text: string): { start: number; end: number } | undefined {
    let first: { start: number; end: number } | undefined;
    for (const sequence of this.#sequences) {
      const start = text.indexOf(sequence);
      if (start < 0) continue;
      const end = start + sequence.length;
      if (first === undefined || end < first.end || (end === first.end && start < first.start)) first = { start, end };
    }
    return first;
  }
}

/** How much of the end of `text` is a beginning of `sequence`. */
function overlap(text: string, sequence: string): number {
  for (let length = Math.min(text.length, sequence.length - 1); length > 0; length -= 1) {
    if (text.endsWith(sequence.slice(0, length))) return length;
  }
  return 0;
}
