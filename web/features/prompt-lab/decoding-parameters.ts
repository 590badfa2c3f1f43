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
};

export type NumericParameter = Exclude<keyof DecodingParameters, 'decodingMethod' | 'stopSequences'>;

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
};

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
  return undefined;
}

/** Line breaks and tabs as people type them in a one-line field: `\n`, `\t`. */
export const readEscapes = (typed: string): string => typed.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
export const showEscapes = (sequence: string): string => sequence.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
