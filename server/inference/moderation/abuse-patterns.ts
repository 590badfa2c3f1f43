/*
 * What the English word list of `obscenity` has not: threats, attacks on groups, and abusive words of four other languages. Short on
 * purpose: each entry is hardly ever meant otherwise.
 */

const GROUPS =
  'jews|muslims|christians|hindus|blacks|black people|whites|white people|asians|arabs|mexicans|immigrants|refugees|gays|gay people|lesbians|homosexuals|trans people|women|gypsies|roma|disabled people';

/** Whole phrases; a space stands for any few blanks. */
const hate = [
  `(?:i|we|they all|everybody) (?:really |truly )?(?:hate|despise) (?:all |the |these |those )?(?:${GROUPS})`,
  `(?:all |the |these |those )?(?:${GROUPS}) (?:are|is) (?:all )?(?:vermin|subhuman|scum|parasites|filth|animals|cockroaches|rats|inferior|garbage|trash)`,
  `(?:kill|gas|exterminate|deport|hang|shoot|burn) (?:all |all the |every |the |these |those )(?:${GROUPS})`,
  `(?:${GROUPS}) (?:should|must|deserve to) (?:all )?(?:die|be killed|be gassed|be exterminated|be shot|be hanged)`,
  'untermensch(?:en)?',
];
const abuse = [
  '(?:go |just |please )?(?:kill|hang|shoot) (?:yourself|yourselves|urself)',
  'kys',
  "(?:i|we)(?:'m| am| are|'re)? (?:going to|gonna|will|'ll) (?:kill|murder|rape|stab|strangle) (?:you|your|him|her|them)",
  "i'll (?:kill|murder|rape|stab|strangle) (?:you|your|him|her|them)",
  '(?:you|he|she|they) (?:should|deserve to|deserves to) (?:die|be dead|be raped)',
  "you(?:'re| are| r) (?:a )?(?:worthless|pathetic|disgusting)(?: piece of (?:garbage|trash|filth)| waste of (?:space|skin))",
];
const otherLanguages = [
  // German
  'arschl(?:o|ö)ch(?:er)?|hurens(?:o|ö)hne?|wichser|fotzen?|missgeburt|fick dich|verpiss dich|kanacken?|schwuchteln?|scheißkerl',
  // French
  'connards?|connasses?|salopes?|encul(?:é|e)s?|fils de pute|nique ta m(?:è|e)re|bougnoules?',
  // Spanish
  'gilipollas|hij[oa]s? de puta|pendej[oa]s?|cabr(?:ó|o)n(?:es)?|maric(?:ó|o)n(?:es)?|sudacas?',
  // Italian
  'stronz[oaie]|vaffanculo|figli[oa] di puttana|coglion[ei]|froci[oa]?',
];

/** Alternatives with a letter or digit on neither side; each phrase is bounded, so the time grows with the text and no faster. */
function wholePhrases(alternatives: readonly string[]): RegExp {
  const phrases = alternatives.join('|').replaceAll(' ', String.raw`[ \u00A0]{1,3}`).replaceAll("'", "['’]");
  return new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${phrases})(?![\p{L}\p{N}])`, 'giu');
}

export const abusePatterns = [
  { entity: 'Hate', score: 0.9, pattern: wholePhrases(hate) },
  { entity: 'Abuse', score: 0.9, pattern: wholePhrases(abuse) },
  { entity: 'Profanity', score: 0.8, pattern: wholePhrases(otherLanguages) },
];
