import { expect, it } from 'vitest';
import { generateRequest } from './generation.ts';

const request = (parameters: object) => ({
  modelId: 'publisher/model',
  prompt: { mode: 'freeform', text: 'Hello' },
  parameters,
});

it('a request gets the default of every parameter that it does not give', () => {
  const { parameters } = generateRequest.parse({ ...request({}), parameters: undefined });
  expect(parameters).toMatchObject({ decodingMethod: 'greedy', maxNewTokens: 200, minNewTokens: 0, temperature: 0.7 });
});

it('a request cannot ask for at least more tokens than at most', () => {
  expect(generateRequest.safeParse(request({ minNewTokens: 5, maxNewTokens: 5 })).success).toBe(true);
  const { error } = generateRequest.safeParse(request({ minNewTokens: 6, maxNewTokens: 5 }));
  expect(error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
    ['parameters.minNewTokens', 'must not be more than maxNewTokens'],
  ]);
});
