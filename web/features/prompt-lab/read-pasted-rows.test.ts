import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPastedRows } from './read-pasted-rows.ts';

it('reads what Excel copies: CRLF at each end of a row, quotation marks round line breaks', () => {
  expect(readPastedRows('garden\tjardin\r\n"two\nlines"\t"say ""hello"""\r\n')).toEqual([
    ['garden', 'jardin'],
    ['two\nlines', 'say "hello"'],
  ]);
});

it('reads what LibreOffice copies: LF, and empty cells', () => {
  expect(readPastedRows('a\t\n\tb\n')).toEqual([
    ['a', ''],
    ['', 'b'],
  ]);
});

it('keeps a quotation mark that begins a word, closed or not', () => {
  expect(readPastedRows('"No" she said\t"open\n')).toEqual([['"No" she said', '"open']]);
});

it('reads back every table that a spreadsheet would write', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\n', '\r', '\t', 'é', ',', '😀') });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
      const written = rows.map((row) => `${row.map(quoted).join('\t')}\r\n`).join('');
      expect(readPastedRows(written)).toEqual(rows);
    }),
  );
});

const quoted = (text: string): string => (/["\n\r\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
