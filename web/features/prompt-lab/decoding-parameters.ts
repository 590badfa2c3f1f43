import type { DecodingParameters } from '../../../contract/app/index.ts';

/** The same defaults as `decodingParameters` of the contract; a test compares them, so that zod stays out of the page. */
export const defaultParameters: DecodingParameters = {
  decodingMethod: 'greedy',
  maxNewTokens: 200,
  minNewTokens: 0,
  temperature: 0.7,
  topK: 50,
  topP: 1,
  repetitionPenalty: 1,
  stopSequences: [],
  includeStopSequence: true,
  frequencyPenalty: 0,
  presencePenalty: 0,
  responseFormat: { type: 'text' },
};

export type NumericParameter = {
  [Name in keyof DecodingParameters]-?: NonNullable<DecodingParameters[Name]> extends number ? Name : never;
}[keyof DecodingParameters];

export type NumericParameterDescription = {
  name: NumericParameter;
  label: string;
  explanation: string;
  min: number;
  max: number;
  step: number;
  /** Wide ranges are typed; narrow ones have a slider. */
  control: 'slider' | 'number';
  isSampleOnly: boolean;
  /** What it means to leave the field empty, for those that may be. */
  whenEmpty?: string;
};

export const numericParameters: Readonly<Record<NumericParameter, NumericParameterDescription>> = {
  temperature: {
    name: 'temperature',
    label: 'Temperature',
    explanation: 'Low values keep to the likeliest words, high values vary more.',
    min: 0,
    max: 2,
    step: 0.01,
    control: 'slider',
    isSampleOnly: true,
  },
  topP: {
    name: 'topP',
    label: 'Top P',
    explanation: 'Draws only from the likeliest tokens that together reach this probability.',
    min: 0.01,
    max: 1,
    step: 0.01,
    control: 'slider',
    isSampleOnly: true,
  },
  topK: {
    name: 'topK',
    label: 'Top K',
    explanation: 'Draws only from this many of the likeliest tokens.',
    min: 1,
    max: 100,
    step: 1,
    control: 'slider',
    isSampleOnly: true,
  },
  randomSeed: {
    name: 'randomSeed',
    label: 'Random seed',
    explanation: 'The same seed, prompt and settings draw the same answer. Empty: a new one each time.',
    min: 1,
    max: 4_294_967_295,
    step: 1,
    control: 'number',
    isSampleOnly: true,
    whenEmpty: 'a new seed each time',
  },
  repetitionPenalty: {
    name: 'repetitionPenalty',
    label: 'Repetition penalty',
    explanation: 'Above 1 makes it less likely that the answer repeats itself.',
    min: 1,
    max: 2,
    step: 0.01,
    control: 'slider',
    isSampleOnly: false,
  },
  maxNewTokens: {
    name: 'maxNewTokens',
    label: 'Maximum new tokens',
    explanation: 'The answer ends here at the latest.',
    min: 1,
    max: 131_072,
    step: 1,
    control: 'number',
    isSampleOnly: false,
  },
  minNewTokens: {
    name: 'minNewTokens',
    label: 'Minimum new tokens',
    explanation: 'The model may not end the answer before this length.',
    min: 0,
    max: 131_072,
    step: 1,
    control: 'number',
    isSampleOnly: false,
  },
  frequencyPenalty: {
    name: 'frequencyPenalty',
    label: 'Frequency penalty',
    explanation: 'Above 0 makes a token less likely with each time it was written; below 0 more.',
    min: -2,
    max: 2,
    step: 0.01,
    control: 'slider',
    isSampleOnly: false,
  },
  presencePenalty: {
    name: 'presencePenalty',
    label: 'Presence penalty',
    explanation: 'Above 0 makes every token less likely that was written at all; below 0 more.',
    min: -2,
    max: 2,
    step: 0.01,
    control: 'slider',
    isSampleOnly: false,
  },
  timeLimit: {
    name: 'timeLimit',
    label: 'Time limit, milliseconds',
    explanation: 'The answer ends after this time with what is there. Empty: the server’s own limit.',
    min: 1,
    max: 3_600_000,
    step: 1,
    control: 'number',
    isSampleOnly: false,
    whenEmpty: 'the server’s own limit',
  },
  truncateInputTokens: {
    name: 'truncateInputTokens',
    label: 'Read the last tokens only',
    explanation: 'A longer prompt loses its beginning. Empty: too long a prompt is refused.',
    min: 1,
    max: 131_072,
    step: 1,
    control: 'number',
    isSampleOnly: false,
    whenEmpty: 'nothing is cut',
  },
  logProbabilities: {
    name: 'logProbabilities',
    label: 'Alternatives for each token',
    explanation: 'How many other tokens are told with each token of the answer.',
    min: 0,
    max: 5,
    step: 1,
    control: 'number',
    isSampleOnly: false,
    whenEmpty: 'off',
  },
};

/** Where the end of the answer becomes likelier, and how much with each token after it. */
export const lengthPenaltyRange = {
  decayFactor: { usual: 1.1, min: 1.01, max: 10, step: 0.01 },
  startIndex: { usual: 100, min: 0, max: 131_072, step: 1 },
};

export const MAX_SCHEMA_CHARACTERS = 16_384;
export const MAX_STOP_SEQUENCES = 6;
export const MAX_STOP_SEQUENCE_CHARACTERS = 200;

/** What is wrong with the parameters as they stand, in one sentence; undefined when they can be sent. */
export function faultOf(parameters: DecodingParameters): string | undefined {
  for (const { name, label, min, max } of Object.values(numericParameters)) {
    const value = parameters[name];
    if (value !== undefined && (Number.isNaN(value) || value < min || value > max)) {
      return `${label} must be from ${min.toLocaleString('en-GB')} to ${max.toLocaleString('en-GB')}.`;
    }
  }
  if (parameters.minNewTokens > parameters.maxNewTokens) {
    return 'Minimum new tokens must not exceed maximum new tokens.';
  }
  const { lengthPenalty, responseFormat } = parameters;
  if (lengthPenalty !== undefined) {
    for (const name of ['decayFactor', 'startIndex'] as const) {
      const { min, max } = lengthPenaltyRange[name];
      const value = lengthPenalty[name];
      if (Number.isNaN(value) || value < min || value > max) {
        return `The length penalty’s ${name === 'decayFactor' ? 'factor' : 'start'} must be from ${min} to ${max.toLocaleString('en-GB')}.`;
      }
    }
  }
  return responseFormat.type === 'json_schema' ? schemaFault(responseFormat.schema) : undefined;
}

/** What is wrong with a JSON Schema as it is typed, in one sentence; undefined when it can be sent. Quotes nothing of it. */
export function schemaFault(schema: string): string | undefined {
  if (schema.trim() === '') return 'Write the JSON Schema that the answer must have.';
  if (schema.length > MAX_SCHEMA_CHARACTERS) {
    return `The JSON Schema must have at most ${MAX_SCHEMA_CHARACTERS.toLocaleString('en-GB')} characters.`;
  }
  try {
    const parsed: unknown = JSON.parse(schema);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return undefined;
    return 'The JSON Schema must be a JSON object, in braces.';
  } catch {
    return 'The JSON Schema is not valid JSON yet: look for a missing quote, comma or brace.';
  }
}

/** Line breaks and tabs as people type them in a one-line field: `\n`, `\t`. */
export const readEscapes = (typed: string): string => typed.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
export const showEscapes = (sequence: string): string => sequence.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
