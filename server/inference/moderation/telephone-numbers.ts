import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { placesOf, type TextMatch } from './text-match.ts';

/** Between two digits: a space, a bracket, a stroke, or two of them. */
const DIGITS = String.raw`(?:[ ().\/\-\u00A0\u2010-\u2015]{0,3}\d)`;

const international = new RegExp(String.raw`(?<![\p{L}\p{N}+])(?:\+|00)[1-9]${DIGITS}{5,14}(?!\p{N})`, 'gu');
const northAmerican =
  /(?<![\p{L}\p{N}+.-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\p{L}\p{N}-]|\.\d)/gu;
/** National numbers look like any other number, so a word has to say what they are. */
const announced = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:tel|tél|phone|telephone|telefon|telefono|teléfono|téléphone|mobile|mobil|móvil|cell|handy|fax|hotline|whatsapp)(?:\.|(?![\p{L}\p{N}]))[^\p{N}\n+(]{0,16}(?<found>\(?\d${DIGITS}{4,14})(?!\p{N})`,
  'giu',
);

/**
 * Telephone numbers: international ones (`+` or `00`) and those written as in North America, if the numbering plan has them; others where
 * a word such as "phone" or "Tel." stands before them.
 */
export function* telephoneNumbersIn(text: string): Generator<TextMatch> {
  for (const { start, text: found } of placesOf(international, text)) {
    const length = validLength(found, undefined);
    if (length !== undefined) yield { entity: 'PhoneNumber', start, end: start + length, score: 0.9 };
  }
  for (const { start, text: found } of placesOf(northAmerican, text)) {
    const length = validLength(found, 'US');
    if (length !== undefined) yield { entity: 'PhoneNumber', start, end: start + length, score: 0.9 };
  }
  for (const { start, end } of placesOf(announced, text)) yield { entity: 'PhoneNumber', start, end, score: 0.8 };
}

/** How much of the beginning is a number that a country gives out: what follows may be another number ("+49 30 1234567 8 apples"). */
function validLength(found: string, country: CountryCode | undefined): number | undefined {
  for (let end = found.length; end > 6; end = found.slice(0, end).search(/[^\d+]+\d+$/)) {
    const number = found.slice(0, end).replace(/^00/, '+');
    if (parsePhoneNumberFromString(number, country)?.isValid()) return end;
  }
  return undefined;
}
