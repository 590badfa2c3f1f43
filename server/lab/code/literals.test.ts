import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, jsonLiteral, pythonLiteral, textLiteral, typeScriptLiteral } from './literals.ts';

const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }) as fc.Arbitrary<Json>;
const lines = fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }).map((parts) => parts.join('\n'));

describe('literals', () => {
  it('are the value again where JSON reads them', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.stringify(JSON.parse(jsonLiteral(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('are the value again where TypeScript reads them, text of many lines too', () => {
    const same = (value: Json) => {
      expect(JSON.stringify(runInNewContext(`(${typeScriptLiteral(value)})`))).toBe(JSON.stringify(value));
    };
    fc.assert(fc.property(json, same));
    fc.assert(fc.property(lines, same));
    same('line\n'.repeat(5000));
  });

  it('write text of many lines as many lines', () => {
    expect(pythonLiteral('one\ntwo')).toBe('(\n    "one\\n"\n    "two"\n)');
    expect(typeScriptLiteral('one\ntwo')).toBe('"one\\n" +\n    "two"');
  });

  it('show every character that could hide or turn code', () => {
    for (const unseen of ['\u2028', '\u2029', '\u202e', '\u2066', '\ufeff', '\u200b', '\u00a0', '\u0000', '\u007f']) {
      expect(textLiteral(`a${unseen}b`)).toMatch(/^"a\\u[0-9a-f]{4}b"$/);
    }
    expect(textLiteral('🦊 </script> $HOME')).toBe('"🦊 </script> $HOME"');
  });

  it('are Python’s words', () => {
    expect(pythonLiteral({ a: true, b: null, c: [false, 1.5] })).toBe(
      '{\n    "a": True,\n    "b": None,\n    "c": [\n        False,\n        1.5\n    ]\n}',
    );
  });
});
