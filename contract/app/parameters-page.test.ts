import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodingParameters } from './generation.ts';

/** Written out, because zod does not tell ranges in words. Each is tried against the schema below. */
const shownDefaults = { ...decodingParameters.parse({}), randomSeed: 'drawn', responseFormat: 'text' };

type Row = { name: string; range: string; usual: string };

const page = readFileSync(join(import.meta.dirname, '../../docs/reference/parameters.md'), 'utf8');
const table = page.slice(0, page.indexOf('## The other two APIs'));
const rows: Row[] = [...table.matchAll(/^\| `(\w+)`\s*\| (.+?)\s*\| (.+?)\s*\|/gm)].map(([, name, range, usual]) => ({
  name: name ?? '',
  range: range ?? '',
  usual: (usual ?? '').replaceAll('`', ''),
}));

const accepts = (name: string, value: unknown): boolean => decodingParameters.safeParse({ [name]: value }).success;

it('docs/reference/parameters.md names every decoding parameter of the contract, and no other', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(decodingParameters.shape).sort());
});

it('docs/reference/parameters.md gives the contract’s defaults', () => {
  const isNothing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
  const inWords = (value: unknown) => (isNothing(value) ? 'none' : String(value));
  for (const { name, usual } of rows)
    expect([name, usual]).toEqual([name, inWords(shownDefaults[name as keyof typeof shownDefaults])]);
});

it('docs/reference/parameters.md gives the contract’s ranges', () => {
  for (const { name, range } of rows) {
    const numeric = /^(above )?([\d.]+),? to ([\d.]+)$/.exec(range);
    if (numeric === null) continue;
    const [, isOpen, low, high] = numeric;
    const [least, most] = [Number(low), Number(high)];
    expect([name, accepts(name, least), accepts(name, most)]).toEqual([name, isOpen === undefined, true]);
    expect([name, accepts(name, least - 1), accepts(name, most + 1)]).toEqual([name, false, false]);
  }
  expect(['greedy', 'sample', 'other'].map((value) => accepts('decodingMethod', value))).toEqual([true, true, false]);
  const stop = (count: number, length: number) =>
    accepts(
      'stopSequences',
      Array.from({ length: count }, () => 'x'.repeat(length)),
    );
  const penalty = (decayFactor: number, startIndex: number) => accepts('lengthPenalty', { decayFactor, startIndex });
  expect([penalty(1.01, 0), penalty(10, 131_072), penalty(1, 0), penalty(11, 0)]).toEqual([true, true, false, false]);
  const schema = (length: number) => accepts('responseFormat', { type: 'json_schema', schema: 'x'.repeat(length) });
  expect([schema(16_384), schema(16_385)]).toEqual([true, false]);
  expect([stop(6, 200), stop(7, 1), stop(1, 201), stop(1, 0)]).toEqual([true, false, false, false]);
});
