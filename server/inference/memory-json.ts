/** JSON by a shape and a seed, for the fake of the engine. */
import type { JsonShape } from './json-shape.ts';

const FORMATTED = {
  date: '2026-05-04',
  time: '12:00:00Z',
  'date-time': '2026-05-04T12:00:00Z',
  uuid: '00000000-0000-4000-8000-000000000000',
} as const;
const LETTERS = 'abcdefgh';

/** @param draw a number of [0, 1) each time */
export function drawJson(shape: JsonShape, draw: () => number): string {
  const below = (count: number): number => Math.floor(draw() * count);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const length = (least: number, most = least + 3): number => least + below(Math.min(most - least, 3) + 1);
  switch (shape.kind) {
    case 'any':
    case 'null':
      return 'null';
    case 'string':
      return JSON.stringify(
        Array.from({ length: length(shape.minLength, shape.maxLength) }, () => oneOf([...LETTERS])).join(''),
      );
    case 'formatted':
      return JSON.stringify(FORMATTED[shape.format]);
    case 'number':
      return String(below(1000) / 10);
    case 'integer':
      return String(below(1000));
    case 'boolean':
      return String(draw() < 0.5);
    case 'literals':
      return oneOf(shape.among);
    case 'array':
      return `[${Array.from({ length: length(shape.minItems, shape.maxItems) }, () => drawJson(shape.items, draw)).join(', ')}]`;
    case 'map':
      return `{${Array.from({ length: 1 + below(2) }, (_, index) => `"${LETTERS[index]}": ${drawJson(shape.values, draw)}`).join(', ')}}`;
    case 'object':
      return `{${shape.properties
        .filter(({ isRequired }) => isRequired || draw() < 0.5)
        .map((property) => `${JSON.stringify(property.name)}: ${drawJson(property.shape, draw)}`)
        .join(', ')}}`;
    case 'choice':
      return drawJson(oneOf(shape.among), draw);
  }
}
