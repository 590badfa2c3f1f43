import { describe, expect, it } from 'vitest';
import { isAppError } from '../core/index.ts';
import { readJsonSchema } from './json-schema.ts';

function refusal(schema: unknown): string {
  try {
    readJsonSchema(schema, 'response_format');
  } catch (error) {
    if (isAppError(error, 'invalid-argument')) return error.message;
    throw error;
  }
  return 'let through';
}

const nested = (depth: number): object =>
  depth === 1 ? { type: 'null' } : { type: 'array', items: nested(depth - 1) };

describe('a JSON Schema', () => {
  it('is read as an object or as its text', () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
    const shape = {
      kind: 'object',
      properties: [{ name: 'a', isRequired: true, shape: { kind: 'integer', isNegativeAllowed: true } }],
    };
    expect(readJsonSchema(schema, 'schema')).toEqual(shape);
    expect(readJsonSchema(JSON.stringify(schema), 'schema')).toEqual(shape);
  });

  it('may say what people read, and no keyword of another type', () => {
    const schema = { $schema: 'x', title: 'T', description: 'D', default: 1, type: 'string', maxItems: 3 };
    expect(readJsonSchema(schema, 'schema')).toEqual({ kind: 'string', minLength: 0, maxLength: undefined });
  });

  it('may leave the type to its keywords, or to anything', () => {
    expect(readJsonSchema({ items: { type: 'null' } }, 'schema')).toMatchObject({ kind: 'array' });
    expect(readJsonSchema({ properties: {} }, 'schema')).toEqual({ kind: 'object', properties: [] });
    expect(readJsonSchema({ type: 'object' }, 'schema')).toEqual({ kind: 'map', values: { kind: 'any' } });
  });

  it('gets no key beside those that it describes', () => {
    const schema = { properties: { a: { type: 'null' } }, additionalProperties: { type: 'string' } };
    expect(readJsonSchema(schema, 'schema')).toMatchObject({ kind: 'object', properties: [{ name: 'a' }] });
  });

  it('follows references to its definitions', () => {
    const schema = {
      anyOf: [{ $ref: '#/$defs/a~1b' }, { $ref: '#/definitions/c' }],
      $defs: { 'a/b': { type: 'null' } },
      definitions: { c: { const: 1 } },
    };
    expect(readJsonSchema(schema, 'schema')).toEqual({
      kind: 'choice',
      among: [{ kind: 'null' }, { kind: 'literals', among: ['1'] }],
    });
  });

  it.each([
    'pattern',
    'exclusiveMinimum',
    'multipleOf',
    'allOf',
    'not',
    'if',
    'patternProperties',
    'prefixItems',
    'uniqueItems',
  ])('is refused by name for %s, which cannot be followed', (keyword) => {
    expect(refusal({ type: 'string', [keyword]: 1 })).toBe(
      `response_format: "${keyword}" cannot be followed here; leave it out`,
    );
  });

  it('may bound a number at 0, and where no number comes that is written', () => {
    const bounds = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    expect(readJsonSchema({ type: 'integer', ...bounds }, 'schema')).toMatchObject({ isNegativeAllowed: true });
    expect(readJsonSchema({ type: 'number', minimum: 0 }, 'schema')).toMatchObject({ isNegativeAllowed: false });
    expect(refusal({ type: 'integer', minimum: 1 })).toContain('"minimum" can be followed only where it is 0');
    expect(refusal({ type: 'integer', maximum: 9 })).toContain('"maximum" can be followed only');
    expect(refusal({ type: 'number', maximum: Number.MAX_SAFE_INTEGER })).toContain('"maximum"');
  });

  it('is refused without a word of its own', () => {
    const canary = 'heron-7f3a';
    const schemas = [
      { [canary]: 1 },
      { type: canary },
      { format: canary },
      { $ref: canary },
      { $ref: `#/$defs/${canary}` },
      { enum: canary },
      { required: [canary] },
      { properties: { [canary]: canary } },
      `{${canary}`,
      { anyOf: canary },
      { type: 'string', enum: [1], title: canary },
      { minLength: canary },
      { type: 'integer', minimum: canary },
    ];
    for (const schema of schemas) {
      expect(refusal(schema)).toMatch(/^response_format: /);
      expect(refusal(schema)).not.toContain(canary);
    }
  });

  it('must not refer to itself, straight or around', () => {
    const list = { type: 'array', items: { $ref: '#/$defs/list' } };
    expect(refusal({ $ref: '#/$defs/list', $defs: { list } })).toContain('must not refer to itself');
    const around = { a: { $ref: '#/$defs/b' }, b: { items: { $ref: '#/$defs/a' } } };
    expect(refusal({ $ref: '#/$defs/a', $defs: around })).toContain('must not refer to itself');
  });

  it('has limits to its length, depth, parts, alternatives and repetitions', () => {
    expect(refusal(nested(16))).toBe('let through');
    expect(refusal(nested(17))).toContain('deeper than 16');
    expect(refusal({ type: 'string', description: 'x'.repeat(16_384) })).toContain('16384 characters');
    expect(refusal({ enum: Array.from({ length: 500 }, (_, index) => index) })).toContain('500 parts');
    expect(refusal({ anyOf: Array.from({ length: 65 }, () => ({ type: 'null' })) })).toContain('64 alternatives');
    expect(refusal({ type: 'string', maxLength: 1001 })).toContain('from 0 to 1000');
    const many = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].map((name) => [name, { type: 'string', maxLength: 999 }]),
    );
    expect(refusal({ properties: many })).toContain('4000 at most');
  });

  it('counts what its references stand for, so that few words cannot ask for much', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 14 }, (_, index) => [
        `d${index}`,
        { properties: { a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } } },
      ]),
    );
    expect(refusal({ $ref: '#/$defs/d0', $defs: { ...$defs, d14: { type: 'null' } } })).toContain('response_format: ');
    expect(refusal({ $ref: '#/$defs/d8', $defs: { ...$defs, d14: { type: 'null' } } })).toBe('let through');
  });
});
