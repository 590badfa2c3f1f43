import { cardNumbersIn, ibansIn } from './account-numbers.ts';
import { telephoneNumbersIn } from './telephone-numbers.ts';
import { placesOf, type TextMatch } from './text-match.ts';

/*
 * Each pattern looks at a bounded number of characters from each place on, so the time grows with the text and no faster.
 */

const eMailAddress =
  /(?<![\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-])[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-][\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu;

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`;
const ipv4Address = new RegExp(String.raw`(?<![\p{L}\p{N}.])(?:${OCTET}\.){3}${OCTET}(?![\p{L}\p{N}]|\.\d)`, 'gu');
const ipv6Candidate = /(?<![\p{L}\p{N}:.])[0-9a-f:]{3,39}(?:(?:\.\d{1,3}){3})?(?![\p{L}\p{N}:])/giu;
const macAddress = /(?<![\p{L}\p{N}:-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})(?![\p{L}\p{N}:-])/giu;

/** Numbers that were never given out are none: 000, 666 and from 900 on. */
const usSocialSecurityNumber =
  /(?<![\p{L}\p{N}-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\p{L}\p{N}-])/gu;
const announcedSocialSecurityNumber =
  /(?<![\p{L}\p{N}])(?:ssn|social security(?: number| no\.?)?)[^\p{N}\n]{0,16}(?<found>(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4})(?![\p{L}\p{N}-])/giu;

/** Personal data that can be told by its form: e-mail, IP and MAC addresses, telephone numbers, IBANs, cards, US social security numbers. */
export function* personalDataIn(text: string): Generator<TextMatch> {
  yield* matchesOf(eMailAddress, 'EmailAddress', 1, text);
  yield* matchesOf(ipv4Address, 'IPAddress', 0.8, text);
  for (const match of matchesOf(ipv6Candidate, 'IPAddress', 0.8, text)) {
    if (isIpv6Address(text.slice(match.start, match.end))) yield match;
  }
  yield* matchesOf(macAddress, 'MACAddress', 0.8, text);
  yield* matchesOf(usSocialSecurityNumber, 'NationalNumber.SocialSecurityNumber.US', 0.8, text);
  yield* matchesOf(announcedSocialSecurityNumber, 'NationalNumber.SocialSecurityNumber.US', 0.9, text);
  yield* ibansIn(text);
  yield* cardNumbersIn(text);
  yield* telephoneNumbersIn(text);
}

function* matchesOf(pattern: RegExp, entity: string, score: number, text: string): Generator<TextMatch> {
  for (const { start, end } of placesOf(pattern, text)) yield { entity, start, end, score };
}

/** One without any digit (`a::b`) is likelier a name in a program. */
function isIpv6Address(candidate: string): boolean {
  return /:.*:/.test(candidate) && /\d/.test(candidate) && URL.canParse(`http://[${candidate}]/`);
}
