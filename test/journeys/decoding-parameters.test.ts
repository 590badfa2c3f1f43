import { expect, it } from 'vitest';
import { decodingParameters } from '../../contract/app/index.ts';
import { defaultParameters, numericParameters } from '../../web/features/prompt-lab/decoding-parameters.ts';

it('the page offers the contract’s defaults', () => {
  expect(defaultParameters).toEqual(decodingParameters.parse({}));
});

it('the page offers no value that the contract refuses, and all of its range', () => {
  for (const { name, min, max, step } of Object.values(numericParameters)) {
    const isAccepted = (value: number) => decodingParameters.safeParse({ [name]: value }).success;
    expect([name, isAccepted(min), isAccepted(max)]).toEqual([name, true, true]);
    expect([name, isAccepted(min - step), isAccepted(max + step)]).toEqual([name, false, false]);
  }
});
