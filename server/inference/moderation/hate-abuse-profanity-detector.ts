import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity';
import { abusePatterns } from './abuse-patterns.ts';
import { placesOf, type TextMatch } from './text-match.ts';

const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });

/** Words of the list that are said of people to hurt them. */
const slurs = new Set('abeed africoon arabush chingchong chink fag kike nigger retard tranny'.split(' '));
/** Words of the list that medicine, law, names or other languages use as well. They stay below the usual threshold of 0.5. */
const ambiguous = new Set(
  'abo anal anus arse boob cock cum dick dyke ejaculate felch fellatio fisting hentai hooker incest masturbate negro orgasm orgy penis porn prick rape scat semen sex spastic tit vagina'.split(
    ' ',
  ),
);
const harmless = new Set('retardant retardants retardation niggard niggardly niggardliness'.split(' '));

/** Words and phrases of hate, abuse and profanity, by lists: English in spite of spelling tricks, four more languages as they are spelt. */
export function* hateAbuseProfanityIn(text: string): Generator<TextMatch> {
  for (const { termId, startIndex, endIndex } of matcher.getAllMatches(text, true)) {
    const term = englishDataset.getPayloadWithPhraseMetadata({ termId, startIndex, endIndex, matchLength: 0 })
      .phraseMetadata?.originalWord;
    if (term === undefined) continue;
    const word = wholeWord(text, startIndex, endIndex + 1);
    if (harmless.has(text.slice(word.start, word.end).toLowerCase())) continue;
    yield { ...word, ...ratingOf(term) };
  }
  for (const { entity, score, pattern } of abusePatterns) {
    for (const { start, end } of placesOf(pattern, text)) yield { entity, start, end, score };
  }
}

function ratingOf(term: string): { entity: string; score: number } {
  if (slurs.has(term)) return { entity: 'Hate', score: 0.95 };
  return { entity: 'Profanity', score: ambiguous.has(term) ? 0.3 : 0.9 };
}

const LONGEST_WORD_REST = 32;

/** With the rest of the word: half of it would still be read. */
function wholeWord(text: string, start: number, end: number): { start: number; end: number } {
  const before = /[\p{L}\p{N}\p{M}]*$/u.exec(text.slice(Math.max(0, start - LONGEST_WORD_REST), start))?.[0] ?? '';
  const after = /^[\p{L}\p{N}\p{M}]*/u.exec(text.slice(end, end + LONGEST_WORD_REST))?.[0] ?? '';
  return { start: start - before.length, end: end + after.length };
}
