import { describe, expect, it } from 'vitest';
import { assetListQuery, promptTemplateListQuery } from './index.ts';

const CANARY = 'canary-of-an-address';

describe('an address', () => {
  const lists = [
    { query: promptTemplateListQuery, search: 'POST /api/v1/projects/{projectId}/prompt-templates/search' },
    { query: assetListQuery, search: 'POST /api/v1/projects/{projectId}/assets/search' },
  ];
  for (const { query, search } of lists)
    for (const word of ['q', 'tag', 'name'])
      it(`takes no ${word}, and says that ${search} does, without the word itself`, () => {
        const { error } = query.safeParse({ [word]: CANARY });
        expect(error?.message).toContain(search);
        expect(error?.message).not.toContain(CANARY);
        expect(query.safeParse({ limit: '10' }).data).toEqual({ limit: 10 });
      });

  it('has room for the longest cursor, percent-encoded, within the 16 KiB of a request’s head', () => {
    const longest = '\u{fbc2b}'.repeat(500);
    for (const { query } of lists) {
      expect(query.safeParse({ cursor: longest }).success).toBe(true);
      expect(query.safeParse({ cursor: `${longest}x` }).success).toBe(false);
    }
    expect(encodeURIComponent(longest).length).toBeLessThan(8000);
  });
});
