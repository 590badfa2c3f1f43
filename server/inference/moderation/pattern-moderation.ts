import { hateAbuseProfanityIn } from './hate-abuse-profanity-detector.ts';
import type { Finding, FindingKind, Moderation } from './moderation.ts';
import { personalDataIn } from './personal-data-detector.ts';
import type { TextMatch } from './text-match.ts';

const detectors: Readonly<Record<FindingKind, (text: string) => Iterable<TextMatch>>> = {
  'personal-data': personalDataIn,
  'hate-abuse-profanity': hateAbuseProfanityIn,
};

/** Moderation by patterns, check digits and word lists, in this process; see docs/guardrails.md for what it finds and what it does not. */
export function createPatternModeration(): Moderation {
  return {
    find: async (text, kinds) => {
      const content = text.reveal('moderate');
      return [...kinds]
        .flatMap((kind) => [...detectors[kind](content)].map((match) => findingOf(kind, match, content)))
        .filter(isOutermost)
        .sort((one, other) => one.start - other.start || other.end - one.end);
    },
  };
}

function findingOf(kind: FindingKind, { entity, score, ...place }: TextMatch, text: string): Finding {
  return { kind, entity, ...toCharacters(text, place), score };
}

/** Detectors see one thing in several ways (a word that two entries of a list have): the widest and surest place stands for them. */
function isOutermost(finding: Finding, index: number, all: readonly Finding[]): boolean {
  return !all.some((other, otherIndex) => {
    const covers =
      other.kind === finding.kind &&
      other.start <= finding.start &&
      other.end >= finding.end &&
      other.score >= finding.score;
    const isEqual = other.start === finding.start && other.end === finding.end && other.score === finding.score;
    return otherIndex !== index && covers && (!isEqual || otherIndex < index);
  });
}

/** Widened to whole characters: not half of a surrogate pair, and marks go with the letter that they are on. */
function toCharacters(text: string, { start, end }: { start: number; end: number }): { start: number; end: number } {
  const isInPair = (position: number) =>
    /[\uDC00-\uDFFF]/.test(text[position] ?? '') && /[\uD800-\uDBFF]/.test(text[position - 1] ?? '');
  const from = isInPair(start) ? start - 1 : start;
  const to = isInPair(end) ? end + 1 : end;
  const marks = /^[\p{M}\u200D]{1,16}/u.exec(text.slice(to, to + 16))?.[0].length ?? 0;
  return { start: from, end: to + marks };
}
