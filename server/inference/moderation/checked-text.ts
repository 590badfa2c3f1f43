import { Confidential } from '../../core/index.ts';
import { type Finding, LONGEST_FINDING } from './moderation.ts';

/** A piece of the text that has been checked and can go on. */
export type CheckedPiece = {
  readonly text: Confidential<string>;
  /** Where the piece begins in the whole text, in UTF-16 units. */
  readonly start: number;
  /** What was found in it, positions in the whole text. None goes beyond the piece. */
  readonly findings: readonly Finding[];
};

export type WindowLengths = {
  /** A sentence shorter than this is checked together with the next. */
  readonly shortestSentence: number;
  /** Of a sentence longer than this, the beginning is checked and goes on. At least twice {@link LONGEST_FINDING} less its half. */
  readonly longestWindow: number;
};

/** Small, for answers that somebody watches: text waits for the end of its sentence, or for {@link LONGEST_FINDING} characters more. */
export const streamWindows: WindowLengths = { shortestSentence: 16, longestWindow: LONGEST_FINDING + 100 };
/** Large, for text that is there already: the same characters are looked at less often. */
export const wholeTextWindows: WindowLengths = { shortestSentence: 1000, longestWindow: LONGEST_FINDING + 2000 };

/**
 * Checks text that comes in pieces, so that the same text gives the same findings however it is cut. Text is held back until its sentence
 * has ended (nothing is found across that), or so much follows that nothing found can reach beyond. Time and memory for a text grow with
 * its length and no faster.
 */
export class CheckedText {
  readonly #find: (text: Confidential<string>) => Promise<readonly Finding[]>;
  readonly #lengths: WindowLengths;
  /** The end of what went on already of the sentence: patterns look at what stands before. */
  #context = '';
  #held = '';
  /** No sentence ends before this position of the held text. */
  #scanned = 0;
  #position = 0;

  constructor(find: (text: Confidential<string>) => Promise<readonly Finding[]>, lengths: WindowLengths) {
    this.#find = find;
    this.#lengths = lengths;
  }

  /** Adds a piece of the text. Yields what can go on now. */
  async *push(piece: Confidential<string>): AsyncGenerator<CheckedPiece> {
    this.#held += piece.reveal('moderate');
    for (;;) {
      const sentenceEnd = this.#sentenceEnd();
      if (sentenceEnd !== undefined) yield await this.#check(sentenceEnd, true);
      else if (this.#held.length >= this.#lengths.longestWindow)
        yield await this.#check(this.#lengths.longestWindow, false);
      else return;
    }
  }

  /** Checks what is held when no more comes. */
  async *flush(): AsyncGenerator<CheckedPiece> {
    if (this.#held !== '') yield await this.#check(this.#held.length, true);
  }

  /** Where the first sentence of the held text ends, within a window; decided by the text up to there alone. */
  #sentenceEnd(): number | undefined {
    const { shortestSentence, longestWindow } = this.#lengths;
    const limit = Math.min(this.#held.length, longestWindow);
    for (let position = Math.max(this.#scanned, shortestSentence - 1); position < limit; position += 1) {
      if (isSentenceEnd(this.#held, position)) return position + 1;
    }
    this.#scanned = limit;
    return undefined;
  }

  async #check(length: number, isSentence: boolean): Promise<CheckedPiece> {
    const contextLength = this.#context.length;
    const found = await this.#find(Confidential.of(this.#context + this.#held.slice(0, length)));
    const findings = found
      .map((finding) => ({
        ...finding,
        start: Math.max(0, finding.start - contextLength),
        end: finding.end - contextLength,
      }))
      .filter(({ end }) => end > 0);
    const end = isSentence ? length : this.#cutBefore(length - LONGEST_FINDING, length, findings);
    const text = this.#held.slice(0, end);
    const start = this.#position;
    this.#context = isSentence ? '' : lastCharacters(this.#context + text, LONGEST_FINDING);
    this.#held = this.#held.slice(end);
    this.#scanned = Math.max(0, this.#scanned - end);
    this.#position += end;
    return {
      text: Confidential.of(text),
      start,
      findings: findings
        .filter((finding) => finding.start < end)
        .map((finding) => ({ ...finding, start: start + finding.start, end: start + Math.min(finding.end, end) })),
    };
  }

  /** A place to cut the held text, at or before `wished`, that is inside no finding and no character. */
  #cutBefore(wished: number, length: number, findings: readonly Finding[]): number {
    let cut = isLowSurrogate(this.#held, wished) ? wished - 1 : wished;
    let covering = findingAround(cut, findings);
    for (; covering !== undefined; covering = findingAround(cut, findings)) cut = covering.start;
    if (cut > 0) return cut;
    // Findings that overlap from the first character on: they go together.
    cut = wished;
    covering = findingAround(cut, findings);
    for (; covering !== undefined; covering = findingAround(cut, findings)) cut = Math.min(covering.end, length);
    return cut;
  }
}

function findingAround(position: number, findings: readonly Finding[]): Finding | undefined {
  return findings.find(({ start, end }) => start < position && position < end);
}

/** A line break; or a blank after a full stop, a question or exclamation mark, and what closes a quotation; or such a mark of Chinese and Japanese. */
function isSentenceEnd(text: string, position: number): boolean {
  const character = text[position] ?? '';
  if (/[\n。！？]/.test(character)) return true;
  return /\s/.test(character) && /[.!?…]["'”’»)\]]{0,3}$/.test(text.slice(Math.max(0, position - 4), position));
}

function isLowSurrogate(text: string, position: number): boolean {
  return /[\uDC00-\uDFFF]/.test(text[position] ?? '');
}

function lastCharacters(text: string, count: number): string {
  const start = Math.max(0, text.length - count);
  return text.slice(isLowSurrogate(text, start) ? start + 1 : start);
}
