import type { AuditFilters, AuditOutcome } from '../../app/api/audit.ts';
import { type ActionGroup, actionGroupNames, actionsOf } from './action-words.ts';
import { dayAfter, type LocalDay, startOf } from './days.ts';

export type Period = 'any' | 'today' | '7-days' | '30-days' | '90-days' | 'between';

export const periodWords: Readonly<Record<Period, string>> = {
  any: 'Any time',
  today: 'Today',
  '7-days': 'Last 7 days',
  '30-days': 'Last 30 days',
  '90-days': 'Last 90 days',
  between: 'Between two days',
};

const lengthOf: Readonly<Record<Exclude<Period, 'any' | 'between'>, number>> = {
  today: 1,
  '7-days': 7,
  '30-days': 30,
  '90-days': 90,
};

/** What the fields hold. An empty text: everything. */
export type FilterState = {
  readonly period: Period;
  readonly firstDay: LocalDay;
  readonly lastDay: LocalDay;
  readonly actor: string;
  /** An action, or `group:` and a group's name. */
  readonly action: string;
  readonly outcome: AuditOutcome | '';
  readonly projectId: string;
};

export const noFilter: FilterState = {
  period: 'any',
  firstDay: '',
  lastDay: '',
  actor: '',
  action: '',
  outcome: '',
  projectId: '',
};

export const isFiltered = (state: FilterState): boolean =>
  state.period !== 'any' || [state.actor, state.action, state.outcome, state.projectId].some((value) => value !== '');

/** The first and the last day that are looked for. */
export function daysOf(state: FilterState, today: LocalDay): { first?: LocalDay; last?: LocalDay } {
  const { period, firstDay, lastDay } = state;
  if (period === 'any') return {};
  if (period !== 'between') return { first: dayAfter(today, 1 - lengthOf[period]) };
  return { ...(firstDay === '' ? {} : { first: firstDay }), ...(lastDay === '' ? {} : { last: lastDay }) };
}

/** As the server is asked. */
export function filtersOf(state: FilterState, today: LocalDay): AuditFilters {
  const { first, last } = daysOf(state, today);
  const { actor, outcome, projectId } = state;
  const actions = chosenActions(state.action);
  return {
    ...(first === undefined ? {} : { from: startOf(first).toISOString() }),
    ...(last === undefined ? {} : { to: startOf(last, 1).toISOString() }),
    ...(actor === '' ? {} : { actor }),
    ...(actions.length === 0 ? {} : { actions }),
    ...(outcome === '' ? {} : { outcome }),
    ...(projectId === '' ? {} : { projectId }),
  };
}

export const groupValue = (group: ActionGroup): string => `group:${group}`;

function chosenActions(value: string): NonNullable<AuditFilters['actions']> {
  const group = actionGroupNames.find((name) => groupValue(name) === value);
  if (group !== undefined) return actionsOf(group);
  return actionGroupNames.flatMap(actionsOf).filter((action) => action === value);
}
