import type { Finding, FindingKind, Moderation } from './moderation.ts';

/** The fake of the port: finds the given words, letter by letter, each with what is told of it. */
export function createMemoryModeration(
  words: Readonly<Record<string, { readonly kind: FindingKind; readonly score?: number }>>,
): Moderation {
  return {
    find: async (text, kinds) => {
      const content = text.reveal('moderate');
      const findings: Finding[] = [];
      for (const [word, { kind, score = 1 }] of Object.entries(words)) {
        if (!kinds.has(kind)) continue;
        for (let start = content.indexOf(word); start >= 0; start = content.indexOf(word, start + word.length)) {
          findings.push({ kind, entity: 'Word', start, end: start + word.length, score });
        }
      }
      return findings.sort((one, other) => one.start - other.start || other.end - one.end);
    },
  };
}
