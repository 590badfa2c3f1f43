import { Button, Select, SelectItem, SelectItemGroup, TextInput } from '@carbon/react';
import { actionGroupNames, actionsOf, actionWords } from './action-words.ts';
import { outcomeWords } from './event-words.ts';
import { type FilterState, groupValue, isFiltered, noFilter, periodWords } from './filter-state.ts';

export type Choices = {
  readonly people: readonly { id: string; name: string }[];
  readonly projects: readonly { id: string; name: string }[];
};

type AuditFiltersProps = {
  state: FilterState;
  choices: Choices;
  onChange: (state: FilterState) => void;
};

/** Which events are shown, counted and exported. */
export function AuditFilters({ state, choices, onChange }: AuditFiltersProps) {
  const change = (part: Partial<FilterState>) => onChange({ ...state, ...part });
  return (
    <search className="cl-audit-filters">
      <Select
        id="audit-period"
        labelText="When"
        value={state.period}
        onChange={({ target }) => change({ period: target.value as FilterState['period'] })}
      >
        {Object.entries(periodWords).map(([period, words]) => (
          <SelectItem key={period} value={period} text={words} />
        ))}
      </Select>
      {state.period === 'between' && (
        <>
          <TextInput
            id="audit-first-day"
            type="date"
            autoComplete="off"
            labelText="First day"
            max={state.lastDay}
            value={state.firstDay}
            onChange={({ target }) => change({ firstDay: target.value })}
          />
          <TextInput
            id="audit-last-day"
            type="date"
            autoComplete="off"
            labelText="Last day"
            min={state.firstDay}
            value={state.lastDay}
            onChange={({ target }) => change({ lastDay: target.value })}
          />
        </>
      )}
      <Select
        id="audit-actor"
        labelText="Who"
        value={state.actor}
        onChange={({ target }) => change({ actor: target.value })}
      >
        <SelectItem value="" text="Everybody" />
        {withChosen(choices.people, state.actor).map(({ id, name }) => (
          <SelectItem key={id} value={id} text={name} />
        ))}
      </Select>
      <Select
        id="audit-action"
        labelText="What"
        value={state.action}
        onChange={({ target }) => change({ action: target.value })}
      >
        <SelectItem value="" text="Everything" />
        {actionGroupNames.map((group) => (
          <SelectItemGroup key={group} label={group}>
            {actionsOf(group).length > 1 && <SelectItem value={groupValue(group)} text={`${group}: all`} />}
            {actionsOf(group).map((action) => (
              <SelectItem key={action} value={action} text={actionWords[action] ?? action} />
            ))}
          </SelectItemGroup>
        ))}
      </Select>
      <Select
        id="audit-outcome"
        labelText="Outcome"
        value={state.outcome}
        onChange={({ target }) => change({ outcome: target.value as FilterState['outcome'] })}
      >
        <SelectItem value="" text="Any outcome" />
        {Object.entries(outcomeWords).map(([outcome, words]) => (
          <SelectItem key={outcome} value={outcome} text={words} />
        ))}
      </Select>
      <Select
        id="audit-project"
        labelText="Project"
        value={state.projectId}
        onChange={({ target }) => change({ projectId: target.value })}
      >
        <SelectItem value="" text="Any or none" />
        {withChosen(choices.projects, state.projectId).map(({ id, name }) => (
          <SelectItem key={id} value={id} text={name} />
        ))}
      </Select>
      {isFiltered(state) && (
        <Button kind="ghost" size="md" onClick={() => onChange(noFilter)}>
          Show everything
        </Button>
      )}
    </search>
  );
}

/** Somebody who is gone, and a project that the reader is not in, can be chosen from an event; then the list must hold it. */
function withChosen(items: Choices['people'], chosen: string): Choices['people'] {
  if (chosen === '' || items.some(({ id }) => id === chosen)) return items;
  return [{ id: chosen, name: chosen }, ...items];
}
