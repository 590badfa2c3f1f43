import { hasIbanDigits, hasLuhnDigit, ibanLengths } from './check-digits.ts';
import { placesOf, type TextMatch } from './text-match.ts';

const ibanStart = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}/giu;

/** International bank account numbers, in groups or not, whose length is the country's and whose check digits fit. */
export function* ibansIn(text: string): Generator<TextMatch> {
  for (const { start } of placesOf(ibanStart, text)) {
    const length = ibanLengths[text.slice(start, start + 2).toUpperCase()];
    if (length === undefined) continue;
    const end = endOfCharacters(text, start, length);
    if (end === undefined || /^[\p{L}\p{N}]/u.test(text.slice(end, end + 2))) continue;
    const iban = text.slice(start, end).replace(/[ -]/g, '').toUpperCase();
    if (hasIbanDigits(iban)) yield { entity: 'BankAccountNumber.IBAN', start, end, score: 1 };
  }
}

/** Where so many letters and digits end, with single spaces or hyphens between them. */
function endOfCharacters(text: string, start: number, count: number): number | undefined {
  let position = start;
  for (let seen = 0; seen < count; position += 1) {
    const character = text[position] ?? '';
    if (/[A-Za-z0-9]/.test(character)) seen += 1;
    else if (!/[ -]/.test(character) || !/[A-Za-z0-9]/.test(text[position + 1] ?? '')) return undefined;
  }
  return position;
}

const digitGroups = /(?<![\p{L}\p{N}])\d+(?:[ -]\d+)*(?![\p{L}\p{N}])/gu;
const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;

/** Numbers of payment cards whose first digits are an issuer's and whose check digit fits; other numbers may stand beside them. */
export function* cardNumbersIn(text: string): Generator<TextMatch> {
  for (const { start, text: found } of placesOf(digitGroups, text)) {
    const groups = [...placesOf(/\d+/g, found)];
    for (let first = 0; first < groups.length; first += 1) {
      const card = cardFrom(groups.slice(first, first + LONGEST_CARD));
      if (card === undefined) continue;
      const from = start + (groups[first]?.start ?? 0);
      const to = start + (groups[first + card.groups - 1]?.end ?? 0);
      yield { entity: `BankAccountNumber.CreditCardNumber.${card.issuer}`, start: from, end: to, score: 1 };
      first += card.groups - 1;
    }
  }
}

function cardFrom(groups: readonly { readonly text: string }[]): { issuer: string; groups: number } | undefined {
  let digits = '';
  let longest: { issuer: string; groups: number } | undefined;
  for (const [index, group] of groups.entries()) {
    digits += group.text;
    if (digits.length > LONGEST_CARD) break;
    if (digits.length < SHORTEST_CARD || !hasLuhnDigit(digits)) continue;
    const issuer = issuers.find(({ pattern }) => pattern.test(digits));
    if (issuer !== undefined) longest = { issuer: issuer.name, groups: index + 1 };
  }
  return longest;
}

/** The first digits and lengths that issuers have; the names are those that watsonx's findings have. */
const issuers = [
  { name: 'Visa', pattern: /^4(?:\d{12}|\d{15}|\d{18})$/ },
  {
    name: 'Master',
    pattern: /^(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}$/,
  },
  { name: 'Amex', pattern: /^3[47]\d{13}$/ },
  { name: 'Discover', pattern: /^(?:6011|64[4-9]\d|65\d{2})\d{12,15}$/ },
  // Diners Club, JCB, UnionPay, Maestro.
  {
    name: 'Other',
    pattern: /^(?:3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17}|(?:50|5[6-8]|6\d)\d{10,17})$/,
  },
];
