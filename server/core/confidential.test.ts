import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Confidential } from './confidential.ts';

describe('Confidential', () => {
  const secret = 'the patient has a broken arm';
  const confidential = Confidential.of({ text: secret });

  const waysOut: Record<string, () => string> = {
    'String()': () => String(confidential),
    'a template string': () => `${confidential}`,
    concatenation: () => `prompt: ${confidential}`.concat(confidential as unknown as string),
    'JSON.stringify': () => JSON.stringify({ confidential }),
    'util.inspect': () => inspect({ confidential }, { depth: 10, showHidden: true }),
    'an error message': () => new Error(`failed on ${confidential}`).stack ?? '',
    'Object.entries': () => JSON.stringify(Object.entries(confidential)),
    'structuredClone of its fields': () => JSON.stringify({ ...confidential }),
  };

  for (const [way, print] of Object.entries(waysOut)) {
    it(`does not come out through ${way}`, () => {
      expect(print()).not.toContain('broken');
    });
  }

  it('comes out for a caller that says why', () => {
    expect(confidential.reveal('seal').text).toBe(secret);
  });
});
