import { describe, expect, it } from 'vitest';
import { catalogue, defaultModelId } from './model-catalogue.ts';
import { checkModelId, fileStemOf, modelIdOfFileStem } from './model-id.ts';

describe('a model id', () => {
  it('becomes a file name and is found again from it', () => {
    for (const modelId of ['ibm/granite-4.0-350m', 'a/b', 'a-b/c--d', 'google/gemma-3-1b-it']) {
      expect(modelIdOfFileStem(fileStemOf(modelId))).toBe(modelId);
    }
  });

  it('is refused when it could be a path or is not in its one spelling', () => {
    for (const modelId of [
      '../x/y',
      'a/../b',
      'a/b/c',
      'A/b',
      'a',
      '/a',
      'a/',
      'a/.b',
      'a--b/c',
      'a-/b',
      `a/${'b'.repeat(200)}`,
      'a/b\0',
      'a/b\n',
    ]) {
      expect(() => checkModelId(modelId), modelId).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
  });
});

describe('the catalogue', () => {
  it('has the default model, and each id once and well formed', () => {
    const modelIds = catalogue.map((entry) => entry.modelId);
    expect(modelIds[0]).toBe(defaultModelId);
    expect(new Set(modelIds).size).toBe(modelIds.length);
    for (const modelId of modelIds) expect(() => checkModelId(modelId)).not.toThrow();
  });

  it('pins by commit every file whose digest it claims to know', () => {
    for (const source of catalogue.flatMap((entry) => entry.sources)) {
      if (source.sha256 === null) expect(source.sha256From).toBe('publisher at download');
      else expect(source.sha256).toMatch(/^[0-9a-f]{64}$/);
      if (source.kind === 'hugging-face' && source.sha256 !== null) expect(source.revision).toMatch(/^[0-9a-f]{40}$/);
    }
  });
});
