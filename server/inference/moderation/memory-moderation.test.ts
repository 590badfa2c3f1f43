import { createMemoryModeration } from './memory-moderation.ts';
import { moderationConformance } from './moderation.conformance.ts';

moderationConformance('the fake', {
  moderation: createMemoryModeration({
    'ada@example.org': { kind: 'personal-data' },
    bother: { kind: 'hate-abuse-profanity' },
  }),
  personalData: 'ada@example.org',
  profanity: 'bother',
});
