/** A JSON shape in llama.cpp's grammar notation, GBNF (llama.cpp, `grammars/README.md`). */
import { INTEGER_DIGITS, type JsonProperty, type JsonShape } from './json-shape.ts';

/** The rules that every grammar may use. Numbers and white space are bounded, or an answer could be nothing else until its last token. */
const COMMON_RULES = [
  'nothing ::= ""',
  'ws ::= | " " | "\\n" [ \\t]{0,20}',
  'string ::= "\\"" char* "\\""',
  // No halves of surrogate pairs, so that what is written is well formed and each is one character.
  'char ::= [^"\\\\\\x00-\\x1F\\x7F] | "\\\\" (["\\\\/bfnrt] | "u" ([0-9a-cA-CefEF] hex hex hex | [dD] [0-7] hex hex))',
  'hex ::= [0-9a-fA-F]',
  'integer ::= "-"? size',
  `size ::= "0" | [1-9] [0-9]{0,${INTEGER_DIGITS - 1}}`,
  'number ::= "-"? amount',
  'amount ::= size ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
  'boolean ::= "true" | "false"',
  'null ::= "null"',
  'value ::= string | number | boolean | null | list | map',
  'list ::= "[" ws (value ("," ws value)* ws)? "]"',
  'map ::= "{" ws (pair ("," ws pair)* ws)? "}"',
  'pair ::= string ":" ws value',
  'digits ::= [0-9] [0-9]',
  // The 29th of February is left out: not every year has it.
  'date ::= digits digits "-" (month "-" ("0" [1-9] | "1" [0-9] | "2" [0-8]) | ("0" [13-9] | "1" [0-2]) "-" ("29" | "30") | ("0" [13578] | "1" [02]) "-31")',
  'month ::= "0" [1-9] | "1" [0-2]',
  'time ::= ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] "Z"',
  'uuid ::= hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12}',
];

/** @returns a grammar whose first rule is `root`. It grows with the shape and not with how often its parts may come. */
export function jsonGrammar(shape: JsonShape): string {
  const writer = new GrammarWriter();
  const root = writer.write(shape);
  return [`root ::= ${root}`, ...writer.rules, ...COMMON_RULES].join('\n');
}

class GrammarWriter {
  readonly rules: string[] = [];
  readonly #names = new Map<string, string>();

  /** @returns what stands for the shape in a rule. */
  write(shape: JsonShape): string {
    switch (shape.kind) {
      case 'any':
        return 'value';
      case 'string':
        return this.#string(shape.minLength, shape.maxLength);
      case 'formatted':
        return shape.format === 'date-time' ? '"\\"" date "T" time "\\""' : `"\\"" ${shape.format} "\\""`;
      case 'integer':
        return shape.isNegativeAllowed ? 'integer' : 'size';
      case 'number':
        return shape.isNegativeAllowed ? 'number' : 'amount';
      case 'literals':
        return this.#rule(shape.among.map(quoted).join(' | '));
      case 'array':
        return this.#rule(this.#array(this.write(shape.items), shape.minItems, shape.maxItems));
      case 'map': {
        if (shape.values.kind === 'any') return 'map';
        const pair = this.#rule(`string ":" ws ${this.write(shape.values)}`);
        return this.#rule(`"{" ws (${pair} ("," ws ${pair})* ws)? "}"`);
      }
      case 'object':
        return this.#rule(`"{" ws ${this.#properties(shape.properties)} ws "}"`);
      case 'choice':
        return this.#rule(shape.among.map((one) => this.write(one)).join(' | '));
      default:
        return shape.kind;
    }
  }

  #string(minLength: number, maxLength: number | undefined): string {
    if (minLength === 0 && maxLength === undefined) return 'string';
    return this.#rule(`"\\"" ${repeated('char', minLength, maxLength)} "\\""`);
  }

  #array(item: string, minItems: number, maxItems: number | undefined): string {
    if (maxItems === 0) return '"[" ws "]"';
    const more = repeated(
      `("," ws ${item})`,
      Math.max(0, minItems - 1),
      maxItems === undefined ? undefined : maxItems - 1,
    );
    const items = `${item} ${more} ws`;
    return minItems === 0 ? `"[" ws (${items})? "]"` : `"[" ws ${items} "]"`;
  }

  /** Rules from the last property to the first: each goes on after its own property, or, if it may be left out, without it. */
  #properties(properties: readonly JsonProperty[]): string {
    let [atFirst, afterOthers] = ['nothing', 'nothing'];
    for (const { name, isRequired, shape } of properties.toReversed()) {
      const pair = this.#rule(`${quoted(JSON.stringify(name))} ":" ws ${this.write(shape)} ${afterOthers}`);
      const without = (rest: string): string => (isRequired ? '' : ` | ${rest}`);
      [atFirst, afterOthers] = [
        this.#rule(`${pair}${without(atFirst)}`),
        this.#rule(`"," ws ${pair}${without(afterOthers)}`),
      ];
    }
    return atFirst;
  }

  /** The same rule is written once, so that alternatives that are alike are one for the engine. */
  #rule(body: string): string {
    const known = this.#names.get(body);
    if (known !== undefined) return known;
    const name = `part-${this.#names.size}`;
    this.#names.set(body, name);
    this.rules.push(`${name} ::= ${body}`);
    return name;
  }
}

function repeated(what: string, least: number, most: number | undefined): string {
  return most === undefined ? `${what}{${least},}` : `${what}{${least},${most}}`;
}

/** Text as a GBNF literal. JSON has no control characters left; NUL cannot come. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
