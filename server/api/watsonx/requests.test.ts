import { expect, it } from 'vitest';
import { textGenerationRequest } from './requests.ts';

const request = (parameters: object) => ({ model_id: 'publisher/model', project_id: 'p', input: 'Hello', parameters });

it('a text generation cannot ask for at least more tokens than at most', () => {
  expect(textGenerationRequest.safeParse(request({ min_new_tokens: 20 })).success).toBe(true);
  const { error } = textGenerationRequest.safeParse(request({ min_new_tokens: 21 }));
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['parameters.min_new_tokens']);
});
