/** What JSON an answer can be held to: the part of JSON Schema that a grammar of tokens can follow. */

export type JsonShape =
  | { readonly kind: 'any' }
  | { readonly kind: 'string'; readonly minLength: number; readonly maxLength: number | undefined }
  | { readonly kind: 'formatted'; readonly format: StringFormat }
  | { readonly kind: 'boolean' | 'null' }
  /** Integers have up to {@link INTEGER_DIGITS} digits. */
  | { readonly kind: 'number' | 'integer'; readonly isNegativeAllowed: boolean }
  /** Values written out, each as its JSON. */
  | { readonly kind: 'literals'; readonly among: readonly string[] }
  | {
      readonly kind: 'array';
      readonly items: JsonShape;
      readonly minItems: number;
      readonly maxItems: number | undefined;
    }
  /** An object with any keys. */
  | { readonly kind: 'map'; readonly values: JsonShape }
  /** An object with these keys, in this order. */
  | { readonly kind: 'object'; readonly properties: readonly JsonProperty[] }
  | { readonly kind: 'choice'; readonly among: readonly JsonShape[] };

export type JsonProperty = { readonly name: string; readonly isRequired: boolean; readonly shape: JsonShape };

/** Every integer that is so long is one in floating point too. */
export const INTEGER_DIGITS = 15;

export const stringFormats = ['date', 'time', 'date-time', 'uuid'] as const;
export type StringFormat = (typeof stringFormats)[number];

/** `{"type": "json_object"}` of the APIs: any JSON object. */
export const anyJsonObject: JsonShape = { kind: 'map', values: { kind: 'any' } };
