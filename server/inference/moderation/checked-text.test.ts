import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Confidential } from '../../core/index.ts';
import { type CheckedPiece, CheckedText, streamWindows, type WindowLengths, wholeTextWindows } from './checked-text.ts';
import { masked } from './guardrails.ts';
import { bothKinds } from './moderation.conformance.ts';
import { createPatternModeration } from './pattern-moderation.ts';

const moderation = createPatternModeration();

async function check(deltas: readonly string[], lengths: WindowLengths = streamWindows) {
  const checked = new CheckedText((text) => moderation.find(text, bothKinds), lengths);
  const pieces: CheckedPiece[] = [];
  for (const delta of deltas) {
    for await (const piece of checked.push(Confidential.of(delta))) pieces.push(piece);
  }
  for await (const piece of checked.flush()) pieces.push(piece);
  return pieces;
}

function textOf({ text }: CheckedPiece): string {
  return text.reveal('moderate');
}

async function maskedBy(deltas: readonly string[], lengths?: WindowLengths): Promise<string> {
  const pieces = await check(deltas, lengths);
  return masked(
    pieces.map(textOf).join(''),
    pieces.flatMap(({ findings }) => findings),
  );
}

const parts = fc.oneof(
  fc.constantFrom(
    'ada@example.org',
    '+49 30 1234567',
    '4111 1111 1111 1111',
    'DE89 3704 0044 0532 0130 00',
    '192.0.2.17',
    'fuck',
    '𝐟𝐮𝐜𝐤',
    'kill yourself',
    '. ',
    '!\n',
    ' ',
    ' ',
    ' and so on',
    '😀',
    '漢字。',
    'x'.repeat(90),
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
/** Sentences of all lengths; and one that is longer than a window, of which a part has to go on before it ends. */
const texts = fc.oneof(
  fc.array(parts, { maxLength: 40 }).map((list) => list.join('')),
  fc
    .array(fc.oneof(fc.constantFrom('😀'.repeat(45), 'word '.repeat(17), 'x1.'.repeat(30)), parts), {
      minLength: 20,
      maxLength: 40,
    })
    .map((list) => list.join('').replace(/[\n。！？]|(?<=[.!?…]["'”’»)\]]{0,3})\s/g, '-')),
);

describe('checked text', () => {
  it('is the same however it comes in pieces, and nothing of it is lost', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(1000), { maxLength: 60 }), async (text, places) => {
        const characters = [...text];
        const cuts = [...new Set(places.map((place) => place % (characters.length + 1)))].sort((a, b) => a - b);
        const deltas = [...cuts, characters.length].map((end, index) =>
          characters.slice(index === 0 ? 0 : cuts[index - 1], end).join(''),
        );
        expect(deltas.join('')).toBe(text);
        const [whole, letters, pieces] = await Promise.all([check([text]), check(characters), check(deltas)]);
        expect(whole.map(textOf).join('')).toBe(text);
        for (const other of [letters, pieces]) {
          expect(other.map(textOf)).toEqual(whole.map(textOf));
          expect(other.map(({ start, findings }) => ({ start, findings }))).toEqual(
            whole.map(({ start, findings }) => ({ start, findings })),
          );
        }
        if (text.isWellFormed()) expect(whole.every((piece) => textOf(piece).isWellFormed())).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  it('lets nothing through that is found where it stands, wherever windows end', async () => {
    const secret = 'ada@example.org, 4111 1111 1111 1111, +49 30 1234567 or DE89 3704 0044 0532 0130 00';
    for (const lengths of [streamWindows, wholeTextWindows]) {
      // Where the first window ends, and where its beginning is cut off.
      for (let before = lengths.longestWindow - 300; before < lengths.longestWindow + 10; before += 1) {
        const text = await maskedBy(
          [`${'word '.repeat(before).slice(0, before)} ${secret} ${'word '.repeat(100)}`],
          lengths,
        );
        expect(text).not.toMatch(/@|\d/);
      }
    }
  });

  it('takes nothing for what it is not because a window ends in the middle of it', async () => {
    for (let before = 1; before < streamWindows.longestWindow + 20; before += 1) {
      const pieces = await check([`${'a'.repeat(before)}192.0.2.17 ${'word '.repeat(100)}`]);
      expect(pieces.flatMap(({ findings }) => findings)).toEqual([]);
    }
  });

  it('goes on at the end of a sentence, and inside a long one before it has all come', async () => {
    const checked = new CheckedText((text) => moderation.find(text, bothKinds), streamWindows);
    const push = async (text: string) => {
      const pieces: string[] = [];
      for await (const piece of checked.push(Confidential.of(text))) pieces.push(textOf(piece));
      return pieces;
    };
    expect(await push('This is one sentence.')).toEqual([]);
    expect(await push(' This is')).toEqual(['This is one sentence. ']);
    expect(await push(' long'.repeat(57))).toEqual([]);
    expect((await push(' long'.repeat(2))).join('')).toMatch(/^This is( long)+/);
  });

  it('keeps positions in the whole text', async () => {
    const text = `${'A sentence of some length. '.repeat(30)}Write to ada@example.org now.`;
    const findings = (await check([...text])).flatMap((piece) => piece.findings);
    expect(findings).toMatchObject([{ start: text.indexOf('ada@'), end: text.indexOf(' now') }]);
  });

  it('takes text and time in proportion: each character is looked at a bounded number of times', async () => {
    for (const lengths of [streamWindows, wholeTextWindows]) {
      for (const unit of ['x', '1234 ', 'a.', '. ', 'x\n', '+1(', 'fu', 'a@', '😀']) {
        let looked = 0;
        const checked = new CheckedText(async (text) => {
          looked += text.reveal('moderate').length;
          return [];
        }, lengths);
        const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
        for await (const _piece of checked.push(Confidential.of(text)));
        for await (const _piece of checked.flush());
        expect(looked).toBeGreaterThanOrEqual(text.length);
        expect(looked).toBeLessThanOrEqual(text.length * 5);
      }
    }
  });
});
