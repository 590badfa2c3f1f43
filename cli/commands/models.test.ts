import { expect, it } from 'vitest';
import { idOfFile } from './models.ts';

it.each([
  ['./granite.gguf', 'local/granite'],
  ['/models/My Model (v2).Q4_K_M.GGUF', 'local/my-model-v2-.q4_k_m'],
  ['Käse..7B-.gguf', 'local/k-se.7b'],
  [`${'x'.repeat(240)}.gguf`, `local/${'x'.repeat(190)}`],
])('a model imported from %s without a name is called %s', (file, id) => {
  expect(idOfFile(file)).toBe(id);
});

it('a file whose name makes no id needs --id', () => {
  expect(() => idOfFile('模型.gguf')).toThrow('--id');
});
