/**
 * Reads a JSON Schema (draft 2020-12, https://json-schema.org/draft/2020-12/json-schema-validation) into the shape that an engine can hold an
 * answer to. What it cannot hold to is refused by its name: an answer that only looks checked is worse than none.
 */
import { invalidField } from '../core/index.ts';
import { INTEGER_DIGITS, type JsonProperty, type JsonShape, type StringFormat, stringFormats } from './json-shape.ts';

/**
 * Each bounds the work that a schema makes for the engine at every token; measured with the largest schemas that they let through
 * (engine.conformance.ts runs one). References count as if what they refer to were written in their place.
 */
const MAX_CHARACTERS = 16_384;
const MAX_DEPTH = 16;
const MAX_PARTS = 500;
const MAX_ALTERNATIVES = 64;
const MAX_REPETITIONS = 1_000;
const MAX_REPETITIONS_TOGETHER = 4_000;

type Schema = Readonly<Record<string, unknown>>;

/** They say something to people, and change no value. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'discriminator',
]);

const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'] as const;
type TypeName = (typeof TYPES)[number];

/** The keywords of each type that are followed; of any other type they change nothing. */
const KEYWORDS_OF_TYPES: Readonly<Record<string, TypeName>> = {
  minLength: 'string',
  maxLength: 'string',
  format: 'string',
  minimum: 'number',
  maximum: 'number',
  items: 'array',
  minItems: 'array',
  maxItems: 'array',
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
};
const FOLLOWED: ReadonlySet<string> = new Set([
  ...Object.keys(KEYWORDS_OF_TYPES),
  ...['type', 'enum', 'const', 'anyOf', 'oneOf', '$ref'],
]);
/** Only these are told by name: any other key is the caller's own word. */
const REFUSED: ReadonlySet<string> = new Set(
  (
    'allOf not if then else dependentSchemas dependentRequired prefixItems contains minContains maxContains uniqueItems ' +
    'patternProperties propertyNames minProperties maxProperties unevaluatedItems unevaluatedProperties additionalItems ' +
    'pattern multipleOf exclusiveMinimum exclusiveMaximum contentEncoding contentMediaType contentSchema ' +
    '$anchor $dynamicRef $dynamicAnchor $vocabulary nullable strict'
  ).split(' '),
);

/**
 * @param schema the schema, or its JSON as text
 * @param field what the surface calls it, for the error
 * @throws AppError `invalid-argument` that names the keyword or the limit, and quotes nothing of the schema.
 */
export function readJsonSchema(schema: unknown, field: string): JsonShape {
  const text = typeof schema === 'string' ? schema : textOf(schema, field);
  if (text.length > MAX_CHARACTERS) throw invalidField(field, `must have ${MAX_CHARACTERS} characters of JSON at most`);
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw invalidField(field, 'is no JSON');
  }
  if (!isSchema(root)) throw invalidField(field, 'must be a JSON Schema: an object');
  return new SchemaReader(root, field).read(root, 1, []);
}

function textOf(schema: unknown, field: string): string {
  try {
    return JSON.stringify(schema) ?? '';
  } catch {
    // The one thing that cannot be written again of what came as JSON is too deep for the stack.
    throw invalidField(field, `must not be nested deeper than ${MAX_DEPTH}`);
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class SchemaReader {
  readonly #root: Schema;
  readonly #field: string;
  #parts = 0;
  #alternatives = 0;
  #repetitions = 0;

  constructor(root: Schema, field: string) {
    this.#root = root;
    this.#field = field;
  }

  /** @param within the references that led here. */
  read(schema: unknown, depth: number, within: readonly string[]): JsonShape {
    if (depth > MAX_DEPTH) throw this.#refusal(`must not be nested deeper than ${MAX_DEPTH}`);
    this.#parts += 1;
    if (this.#parts > MAX_PARTS)
      throw this.#refusal(`must have ${MAX_PARTS} parts at most, those of references counted each time`);
    if (schema === true) return { kind: 'any' };
    if (!isSchema(schema)) throw this.#refusal('has a part that is no schema: each must be an object, or true');
    this.#checkKeywords(schema);
    if (schema.$ref !== undefined) return this.#readReference(schema, depth, within);
    if (schema.const !== undefined) return this.#literals([schema.const], schema);
    if (schema.enum !== undefined) {
      if (!Array.isArray(schema.enum) || schema.enum.length === 0)
        throw this.#refusal('"enum" must be a list of values');
      return this.#literals(schema.enum, schema);
    }
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives !== undefined) return this.#readAlternatives(schema, alternatives, depth, within);
    return this.#choice(this.#typesOf(schema).map((type) => this.#readType(type, schema, depth, within)));
  }

  #checkKeywords(schema: Schema): void {
    for (const keyword of Object.keys(schema)) {
      if (ANNOTATIONS.has(keyword) || FOLLOWED.has(keyword)) continue;
      if (REFUSED.has(keyword)) throw this.#refusal(`"${keyword}" cannot be followed here; leave it out`);
      throw this.#refusal('has a keyword that JSON Schema does not know; leave it out');
    }
  }

  #readReference(schema: Schema, depth: number, within: readonly string[]): JsonShape {
    this.#checkAlone('$ref', schema);
    const reference = schema.$ref;
    const [, place = '', name = ''] =
      typeof reference === 'string' ? (/^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? []) : [];
    const definitions = this.#root[place];
    const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isSchema(definitions) || !Object.hasOwn(definitions, key))
      throw this.#refusal('"$ref" must name a schema in "$defs" at the top, as #/$defs/name');
    if (within.includes(`${place}/${key}`)) throw this.#refusal('must not refer to itself');
    return this.read(definitions[key], depth + 1, [...within, `${place}/${key}`]);
  }

  #readAlternatives(schema: Schema, alternatives: unknown, depth: number, within: readonly string[]): JsonShape {
    const keyword = schema.anyOf === undefined ? 'oneOf' : 'anyOf';
    this.#checkAlone(keyword, schema);
    if (!Array.isArray(alternatives) || alternatives.length === 0)
      throw this.#refusal(`"${keyword}" must be a list of schemas`);
    return this.#choice(alternatives.map((alternative) => this.read(alternative, depth + 1, within)));
  }

  #checkAlone(keyword: string, schema: Schema): void {
    const other = Object.keys(schema).find((name) => name !== keyword && FOLLOWED.has(name));
    if (other !== undefined) throw this.#refusal(`"${keyword}" cannot be followed beside "${other}"`);
  }

  #choice(among: readonly JsonShape[]): JsonShape {
    const [only] = among;
    if (among.length === 1 && only !== undefined) return only;
    this.#alternatives += among.length;
    if (this.#alternatives > MAX_ALTERNATIVES)
      throw this.#refusal(`must have ${MAX_ALTERNATIVES} alternatives at most, all together`);
    return { kind: 'choice', among };
  }

  #literals(values: readonly unknown[], schema: Schema): JsonShape {
    const types = schema.type === undefined ? undefined : this.#typesOf(schema);
    const fitting = values.filter((value) => types === undefined || types.some((type) => isOfType(value, type)));
    if (fitting.length === 0) throw this.#refusal('"enum" and "const" must have a value of the type beside them');
    this.#parts += fitting.length;
    if (this.#parts > MAX_PARTS) throw this.#refusal(`must have ${MAX_PARTS} parts and values at most`);
    return { kind: 'literals', among: [...new Set(fitting.map((value) => JSON.stringify(value)))] };
  }

  #typesOf(schema: Schema): readonly TypeName[] {
    const { type } = schema;
    if (type === undefined) {
      const told = new Set(
        Object.keys(schema).flatMap((keyword) =>
          Object.hasOwn(KEYWORDS_OF_TYPES, keyword) ? [KEYWORDS_OF_TYPES[keyword]] : [],
        ),
      );
      // Without a type, keywords of one type say which it is; nothing at all is any JSON.
      return told.size === 0 ? TYPES : TYPES.filter((name) => told.has(name));
    }
    const names = Array.isArray(type) ? type : [type];
    const known = TYPES.filter((name) => names.includes(name));
    if (known.length === 0 || known.length !== new Set(names).size)
      throw this.#refusal(`"type" must be one or several of ${TYPES.join(', ')}`);
    return known;
  }

  #readType(type: TypeName, schema: Schema, depth: number, within: readonly string[]): JsonShape {
    switch (type) {
      case 'string':
        return this.#readString(schema);
      case 'number':
      case 'integer':
        return { kind: type, isNegativeAllowed: this.#readLeast(type, schema) };
      case 'array':
        return {
          kind: 'array',
          items: schema.items === undefined ? { kind: 'any' } : this.read(schema.items, depth + 1, within),
          ...this.#repetitionsOf(schema, 'minItems', 'maxItems'),
        };
      case 'object':
        return this.#readObject(schema, depth, within);
      default:
        return { kind: type };
    }
  }

  #readString(schema: Schema): JsonShape {
    if (schema.format === undefined) {
      return { kind: 'string', ...this.#repetitionsOf(schema, 'minLength', 'maxLength') };
    }
    const format = stringFormats.find((known) => known === schema.format);
    if (format === undefined) throw this.#refusal(`"format" is followed for ${stringFormats.join(', ')} only`);
    if (schema.minLength !== undefined || schema.maxLength !== undefined)
      throw this.#refusal('"minLength" and "maxLength" cannot be followed beside "format"');
    return { kind: 'formatted', format: format satisfies StringFormat };
  }

  /** Of numbers only the sign can be followed. Bounds that no number of ours reaches are those that libraries write for any integer. */
  #readLeast(type: 'number' | 'integer', { minimum, maximum }: Schema): boolean {
    const farthest = type === 'integer' ? 10 ** INTEGER_DIGITS : Number.MAX_VALUE;
    if (maximum !== undefined && !(typeof maximum === 'number' && maximum >= farthest))
      throw this.#refusal(`"maximum" can be followed only where it is beyond ${INTEGER_DIGITS} digits; leave it out`);
    if (minimum === undefined) return true;
    if (minimum === 0) return false;
    if (typeof minimum === 'number' && minimum <= -farthest) return true;
    throw this.#refusal(
      `"minimum" can be followed only where it is 0, or beyond ${INTEGER_DIGITS} digits; leave it out`,
    );
  }

  /** Keys that the schema leaves open are not written: an object without them is right as well. */
  #readObject(schema: Schema, depth: number, within: readonly string[]): JsonShape {
    const { properties, required = [], additionalProperties } = schema;
    if (!Array.isArray(required) || required.some((name) => typeof name !== 'string'))
      throw this.#refusal('"required" must be a list of names');
    if (properties !== undefined && !isSchema(properties)) throw this.#refusal('"properties" must be an object');
    const names = Object.keys(properties ?? {});
    if (required.some((name) => !names.includes(name)))
      throw this.#refusal('"required" must name only what "properties" describes');
    if (names.length === 0 && properties === undefined && additionalProperties !== false) {
      const values = additionalProperties ?? true;
      return { kind: 'map', values: this.read(values, depth + 1, within) };
    }
    return {
      kind: 'object',
      properties: names.map(
        (name): JsonProperty => ({
          name,
          isRequired: required.includes(name),
          shape: this.read(properties?.[name], depth + 1, within),
        }),
      ),
    };
  }

  #repetitionsOf<Least extends string, Most extends string>(schema: Schema, least: Least, most: Most) {
    const count = (keyword: string): number | undefined => {
      const value = schema[keyword];
      if (value === undefined) return undefined;
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_REPETITIONS) return value;
      throw this.#refusal(`"${keyword}" must be a whole number from 0 to ${MAX_REPETITIONS}`);
    };
    const [fewest, greatest] = [count(least) ?? 0, count(most)];
    if (greatest !== undefined && greatest < fewest) throw this.#refusal(`"${most}" must not be less than "${least}"`);
    this.#repetitions += greatest ?? fewest;
    if (this.#repetitions > MAX_REPETITIONS_TOGETHER)
      throw this.#refusal(`must have lengths of ${MAX_REPETITIONS_TOGETHER} at most, all together`);
    return { [least]: fewest, [most]: greatest } as Record<Least, number> & Record<Most, number | undefined>;
  }

  #refusal(message: string) {
    return invalidField(this.#field, message);
  }
}

function isOfType(value: unknown, type: TypeName): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isSchema(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
