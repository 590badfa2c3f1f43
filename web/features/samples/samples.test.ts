import { describe, expect, it } from 'vitest';
import { generateRequest } from '../../../contract/app/generation.ts';
import { promptContent } from '../../../contract/app/prompts.ts';
import { contentOf, promptOf, requestOf, wordsOf } from '../prompt-lab/draft/draft.ts';
import { draftOfSample } from './draft-of-sample.ts';
import { sampleCategories, samples } from './samples.ts';

describe('the samples', () => {
  it('are at least one of each kind of task, each with an id of its own', () => {
    expect(new Set(samples.map(({ category }) => category))).toEqual(new Set(sampleCategories));
    expect(new Set(samples.map(({ id }) => id)).size).toBe(samples.length);
    expect(new Set(samples.map(({ prompt }) => prompt.mode))).toEqual(new Set(['freeform', 'structured', 'chat']));
  });

  it.each(samples)('$id can be saved and sent as it is', (sample) => {
    const draft = { ...draftOfSample(sample), modelId: 'any' };
    promptContent.parse(contentOf(draft));
    const prompt = promptOf(draft);
    if (prompt === undefined) throw new Error('There is nothing to send');
    generateRequest.parse(requestOf(draft, prompt));
  });

  it.each(samples)('$id uses each of its variables, and declares each that it uses', (sample) => {
    const used = [...wordsOf(draftOfSample(sample)).matchAll(/\{(?<name>[A-Za-z_]\w*)\}/g)].map((m) => m.groups?.name);
    expect(new Set(used)).toEqual(new Set(sample.variables.map(({ name }) => name)));
    for (const { defaultValue } of sample.variables) expect(defaultValue).not.toBe('');
  });
});
