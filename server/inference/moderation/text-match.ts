/** A place in a text that a detector takes for something, before a moderation makes a finding of it. */
export type TextMatch = {
  readonly entity: string;
  readonly start: number;
  /** The first position after it. */
  readonly end: number;
  readonly score: number;
};

/** Where a pattern (with `g` or `y`) matches; `end` is the position after it. */
export function* placesOf(pattern: RegExp, text: string): Generator<{ start: number; end: number; text: string }> {
  for (const match of text.matchAll(pattern)) {
    // A group named `found` is what counts; the rest of the pattern announces it.
    const found = match.groups?.found ?? match[0];
    const start = match.index + match[0].lastIndexOf(found);
    yield { start, end: start + found.length, text: found };
  }
}
