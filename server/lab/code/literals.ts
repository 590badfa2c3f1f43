/**
 * What is JSON and no more, beside text: a JSON string literal means the same in JSON, Python and TypeScript, but for a few characters.
 * Those are escaped: they end lines in some editors (U+2028), are not seen (U+FEFF), or make code read otherwise than it runs (U+202E).
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const UNSEEN = /[\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;

/** Above this many lines a text is one literal: a chain of parts has its limits in compilers. */
const MOST_LINES = 400;

/** @returns the text as a literal of JSON, Python and TypeScript alike */
export function textLiteral(text: string): string {
  return JSON.stringify(text).replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @param indent what the lines after the first one begin with */
export function pythonLiteral(value: Json, indent = ''): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string')
    return linesLiteral(
      value,
      indent,
      (lines, inner) => `(\n${lines.map((line) => `${inner}${line}\n`).join('')}${indent})`,
    );
  return structure(value, indent, pythonLiteral, textLiteral);
}

/** Also of JSON where no text in it has more than one line. */
export function typeScriptLiteral(value: Json, indent = ''): string {
  if (typeof value === 'string') return linesLiteral(value, indent, (lines, inner) => lines.join(` +\n${inner}`));
  if (value === null || typeof value === 'boolean') return String(value);
  return structure(value, indent, typeScriptLiteral, (name) =>
    /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__' ? name : `[${textLiteral(name)}]`,
  );
}

/** @returns the value as JSON with a line for each part of it */
export function jsonLiteral(value: Json, indent = ''): string {
  if (typeof value === 'string') return textLiteral(value);
  if (value === null || typeof value === 'boolean') return String(value);
  return structure(value, indent, jsonLiteral, textLiteral);
}

/** Text of several lines is written in as many, each with its end, for whoever reads the code. */
function linesLiteral(text: string, indent: string, join: (lines: readonly string[], inner: string) => string): string {
  const lines = text.split(/(?<=\n)/);
  if (lines.length < 2 || lines.length > MOST_LINES) return textLiteral(text);
  return join(lines.map(textLiteral), `${indent}${INDENT}`);
}

const INDENT = '    ';

function structure(
  value: Exclude<Json, string | boolean | null>,
  indent: string,
  literal: (value: Json, indent: string) => string,
  nameLiteral: (name: string) => string,
): string {
  if (typeof value === 'number') return String(value);
  const inner = `${indent}${INDENT}`;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((part: Json) => literal(part, inner))
    : Object.entries(value).map(([name, part]) => `${nameLiteral(name)}: ${literal(part, inner)}`);
  const [open, close] = isList ? '[]' : '{}';
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${parts.map((part) => `${inner}${part}`).join(',\n')}\n${indent}${close}`;
}
