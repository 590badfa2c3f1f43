import { expect, it } from 'vitest';
import { MAX_SESSION_ENTRIES, SESSION_DAYS } from '../../../../contract/app/index.ts';
import { SESSION_LIMITS } from './session-limits.ts';

it('tells the limits that the server keeps', () => {
  expect(SESSION_LIMITS).toEqual({ entries: MAX_SESSION_ENTRIES, days: SESSION_DAYS });
});
