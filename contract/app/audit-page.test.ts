import { expect, it } from 'vitest';
import { actionGroupNames, actionsOf, actionWords } from '../../web/features/audit/action-words.ts';
import { auditAction } from './audit.ts';

it('the page of the audit log has words for every action, and for no other', () => {
  expect(Object.keys(actionWords).sort()).toEqual([...auditAction.options].sort());
});

it('the page of the audit log offers every action in one group', () => {
  expect(actionGroupNames.flatMap(actionsOf).sort()).toEqual([...auditAction.options].sort());
});

it('no two actions have the same words', () => {
  const words = Object.values(actionWords);
  expect(new Set(words).size).toBe(words.length);
});
