import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Confidential } from '../../core/index.ts';
import type { Finding, FindingKind, Moderation } from './moderation.ts';

export const bothKinds: ReadonlySet<FindingKind> = new Set(['personal-data', 'hate-abuse-profanity']);

/**
 * What every moderation does.
 * @param given.personalData a text that is personal data from its first to its last character
 * @param given.profanity a text that is profanity from its first to its last character
 */
export function moderationConformance(
  name: string,
  given: { readonly moderation: Moderation; readonly personalData: string; readonly profanity: string },
): void {
  const { moderation, personalData, profanity } = given;
  const find = (text: string, kinds = bothKinds): Promise<readonly Finding[]> =>
    moderation.find(Confidential.of(text), kinds);

  describe(`moderation: ${name}`, () => {
    it('says what was found, where and how sure it is, and not the words', async () => {
      const findings = await find(`To ${personalData} , ${profanity} !`);
      expect(findings.map(({ kind, start, end }) => ({ kind, start, end }))).toEqual([
        { kind: 'personal-data', start: 3, end: 3 + personalData.length },
        {
          kind: 'hate-abuse-profanity',
          start: 6 + personalData.length,
          end: 6 + personalData.length + profanity.length,
        },
      ]);
      for (const finding of findings) {
        expect(Object.keys(finding).sort()).toEqual(['end', 'entity', 'kind', 'score', 'start']);
        expect(finding.score).toBeGreaterThan(0);
        expect(finding.score).toBeLessThanOrEqual(1);
      }
      expect(JSON.stringify(findings)).not.toContain(personalData);
    });

    it('looks only for what it is asked for', async () => {
      const text = `${personalData} ${profanity}`;
      expect((await find(text, new Set(['personal-data']))).map(({ kind }) => kind)).toEqual(['personal-data']);
      expect((await find(text, new Set(['hate-abuse-profanity']))).map(({ kind }) => kind)).toEqual([
        'hate-abuse-profanity',
      ]);
      expect(await find(text, new Set())).toEqual([]);
      expect(await find('')).toEqual([]);
    });

    it('finds places inside the text, in its order, of whole characters, and the same ones again', async () => {
      const parts = fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(personalData, profanity, ' ', '😀', '\u0301'),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(parts, { maxLength: 12 }), async (list) => {
          const text = list.join('');
          const findings = await find(text);
          expect(await find(text)).toEqual(findings);
          expect([...findings].sort((one, other) => one.start - other.start)).toEqual(findings);
          for (const { start, end } of findings) {
            expect(0 <= start && start < end && end <= text.length).toBe(true);
            // A lone half of a pair would show as U+FFFD.
            const around = [text.slice(0, start), text.slice(start, end), text.slice(end)];
            if (text.isWellFormed()) expect(around.every((part) => part.isWellFormed())).toBe(true);
          }
        }),
      );
    });
  });
}
