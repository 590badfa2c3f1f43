import { expect, it } from 'vitest';
import { assetTags } from '../../contract/app/index.ts';
import { readTags } from './asset-tags.ts';

it('takes the tags that an answer may have, and no longer ones', () => {
  for (const tag of ['a'.repeat(40), '🌾'.repeat(20), ' mill ']) {
    expect(assetTags.parse(readTags([tag]))).toEqual([tag.trim()]);
  }
  for (const tag of ['', '  ', 'a'.repeat(41), '🌾'.repeat(21)]) {
    expect(() => readTags([tag])).toThrow('each must have 1 to 40 characters');
  }
});
