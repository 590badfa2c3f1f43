import { describe, expect, it } from 'vitest';
import { auditAction } from '../../../contract/app/audit.ts';
import { actionGroupNames, actionsOf, actionWords } from './action-words.ts';
import { chartDays, countByDay } from './days.ts';

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

describe('the bars of the audit log', () => {
  it('stand for the days that are looked for, by the calendar', () => {
    expect(chartDays('2026-03-28', '2026-03-30', '2026-11-24')).toEqual(['2026-03-28', '2026-03-29', '2026-03-30']);
    expect(chartDays('2026-11-23', undefined, '2026-11-24')).toEqual(['2026-11-23', '2026-11-24']);
  });

  it('stand for the last 30 days when all are looked for, and for a quarter of a year at most', () => {
    const usual = chartDays(undefined, undefined, '2026-11-24');
    expect([usual.length, usual[0], usual.at(-1)]).toEqual([30, '2026-10-26', '2026-11-24']);
    const longest = chartDays('2020-01-01', '2026-06-30', '2026-11-24');
    expect([longest.length, longest.at(-1)]).toEqual([92, '2026-06-30']);
  });

  it('never stand for days to come', () => {
    expect(chartDays('2026-11-24', '2026-12-31', '2026-11-24')).toEqual(['2026-11-24']);
    expect(chartDays('2026-12-01', '2026-12-31', '2026-11-24')).toEqual([]);
  });

  it('count what was done apart from what was not', () => {
    const at = (hour: number) => new Date(2026, 10, 24, hour).toISOString();
    const events = [
      { at: at(12), outcome: 'success' },
      { at: at(11), outcome: 'denied' },
      { at: at(0), outcome: 'failure' },
    ];
    expect(countByDay(['2026-11-23', '2026-11-24'], { events, isCut: false })).toEqual([
      { day: '2026-11-23', done: 0, notDone: 0 },
      { day: '2026-11-24', done: 1, notDone: 2 },
    ]);
  });

  it('begin with the first day whose events were counted', () => {
    const events = [{ at: new Date(2026, 10, 24, 12).toISOString(), outcome: 'success' }];
    const counted = countByDay(['2026-11-23', '2026-11-24'], { events, isCut: true });
    expect(counted.map(({ day }) => day)).toEqual(['2026-11-24']);
  });
});
