/** How a text could have been written down: each encoding gives the bytes to look for. */
export type Needle = { readonly encoding: string; readonly bytes: Buffer };

/**
 * The word in every encoding. Base64 depends on where in its block of three bytes the word begins, so there are three;
 * characters that also hold bits of the neighbours are left out.
 * @param word ASCII letters, or letters and spaces.
 */
export function needlesOf(word: string): Needle[] {
  const utf8 = Buffer.from(word, 'utf8');
  const little = Buffer.from(word, 'utf16le');
  const big = Buffer.from(little).swap16();
  const upper = word.toUpperCase();
  const needles: Needle[] = [
    { encoding: 'UTF-8', bytes: utf8 },
    { encoding: 'UTF-16LE', bytes: little },
    { encoding: 'UTF-16BE', bytes: big },
    { encoding: 'hex', bytes: Buffer.from(utf8.toString('hex')) },
    { encoding: 'hex, capitals', bytes: Buffer.from(utf8.toString('hex').toUpperCase()) },
    { encoding: 'URL-escaped', bytes: Buffer.from(escapeEach(utf8, (hex) => `%${hex}`)) },
    { encoding: 'URL-escaped, capitals', bytes: Buffer.from(escapeEach(utf8, (hex) => `%${hex.toUpperCase()}`)) },
    { encoding: 'JSON-escaped', bytes: Buffer.from(escapeEach(utf8, (hex) => `\\u00${hex}`)) },
    { encoding: 'JSON-escaped, capitals', bytes: Buffer.from(escapeEach(utf8, (hex) => `\\u00${hex.toUpperCase()}`)) },
    ...base64Needles(utf8, 'base64'),
    ...base64Needles(little, 'base64 of UTF-16LE'),
  ];
  if (upper !== word) needles.push({ encoding: 'UTF-8, capitals', bytes: Buffer.from(upper) });
  if (word.includes(' ')) {
    needles.push({ encoding: 'URL form', bytes: Buffer.from(word.replaceAll(' ', '+')) });
    needles.push({ encoding: 'URL', bytes: Buffer.from(encodeURIComponent(word)) });
  }
  return needles;
}

function escapeEach(bytes: Buffer, write: (hex: string) => string): string {
  return [...bytes].map((byte) => write(byte.toString(16).padStart(2, '0'))).join('');
}

function base64Needles(bytes: Buffer, name: string): Needle[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    return { encoding: `${name}, shifted by ${offset}`, bytes: Buffer.from(text.slice(first, last)) };
  });
}
