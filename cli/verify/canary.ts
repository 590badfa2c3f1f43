import { randomBytes } from 'node:crypto';

/**
 * One text that exists once in the world: two made-up words of 64 random bits each, so that either is proof on its own.
 * A word is 22 lower-case letters: no escape of JSON, URLs or SQL touches it, and no other canary shares a part of it.
 */
export type Canary = {
  readonly number: number;
  readonly words: readonly [string, string];
  /** Where it was sent and how, in words. */
  readonly action: string;
  /** Content must be nowhere; metadata (an asset's name) nowhere but in the database; an output was made by the model. */
  readonly kind: 'content' | 'metadata' | 'output' | 'planted';
};

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aeio';
/** 16 × 4 syllables are 6 bits each, so 11 of them hold 64. */
const SYLLABLES = 11;

/** A pronounceable word of 64 random bits and more (66). */
export function randomWord(): string {
  let word = '';
  for (const byte of randomBytes(SYLLABLES)) word += (CONSONANTS[byte & 15] ?? '') + (VOWELS[(byte >> 4) & 3] ?? '');
  return word;
}

/** Natural text around the words, with quotes, a letter beyond ASCII and a line break, as people write. */
export function textOf(canary: Canary): string {
  const [first, second] = canary.words;
  return `Please keep this to yourself: the café in ${first} opens at "nine".\nAsk for ${second} there.`;
}

/** All canaries of one run: the record of what was sent where. Never written anywhere. */
export function createLedger() {
  const canaries: Canary[] = [];
  return {
    canaries: canaries as readonly Canary[],
    add(action: string, kind: Canary['kind'] = 'content'): Canary {
      const canary: Canary = { number: canaries.length + 1, words: [randomWord(), randomWord()], action, kind };
      canaries.push(canary);
      return canary;
    },
    /** A distinctive piece of what a model answered; undefined text is not long enough to be no chance. */
    addOutput(action: string, text: string): Canary | undefined {
      const piece = distinctivePiece(text);
      if (piece === undefined) return undefined;
      const canary: Canary = { number: canaries.length + 1, words: [piece, piece], action, kind: 'output' };
      canaries.push(canary);
      return canary;
    },
  };
}
export type Ledger = ReturnType<typeof createLedger>;

/** The longest run of at least eight words without anything that an escape would change. */
function distinctivePiece(text: string): string | undefined {
  const runs = text.match(/[A-Za-z]+(?: [A-Za-z]+){7,}/g) ?? [];
  const longest = runs.sort((a, b) => b.length - a.length)[0];
  return longest !== undefined && longest.length >= 32 ? longest.slice(0, 64) : undefined;
}
