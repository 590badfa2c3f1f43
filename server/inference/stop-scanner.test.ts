import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopScanner } from './stop-scanner.ts';

function scan(pieces: readonly string[], sequences: readonly string[], includes: boolean) {
  const scanner = new StopScanner(sequences, includes);
  let text = '';
  for (const piece of pieces) {
    const result = scanner.push(piece);
    text += result.text;
    if (result.isStopped) return { text, isStopped: true };
  }
  return { text: text + scanner.flush(), isStopped: false };
}

/** What there is to find, said as plainly as can be. */
function expected(text: string, sequences: readonly string[], includes: boolean) {
  for (let end = 0; end <= text.length; end += 1) {
    const hits = sequences.filter((sequence) => text.slice(0, end).endsWith(sequence));
    const longest = hits.reduce((length, { length: other }) => Math.max(length, other), 0);
    if (longest > 0) return { text: text.slice(0, includes ? end : end - longest), isStopped: true };
  }
  return { text, isStopped: false };
}

/** Few letters, so that sequences overlap with themselves and with each other. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 24 });
const sequences = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }), {
  maxLength: 4,
});

describe('the search for stop sequences', () => {
  it('gives the same text however it comes in pieces', () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), sequences, fc.boolean(), (pieces, stops, includes) => {
        const text = pieces.join('');
        expect(scan(pieces, stops, includes)).toEqual(expected(text, stops, includes));
        expect(scan([...text], stops, includes)).toEqual(expected(text, stops, includes));
      }),
      { numRuns: 3000 },
    );
  });

  it('lets out at once what cannot be the beginning of one', () => {
    const scanner = new StopScanner(['END'], false);
    expect(scanner.push('one E')).toEqual({ text: 'one ', isStopped: false });
    expect(scanner.push('ast')).toEqual({ text: 'East', isStopped: false });
    expect(scanner.push('ENDless')).toEqual({ text: '', isStopped: true });
  });

  it('holds nothing back without sequences', () => {
    expect(new StopScanner([], true).push('text')).toEqual({ text: 'text', isStopped: false });
  });
});
