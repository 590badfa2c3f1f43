import { Add, TrashCan } from '@carbon/icons-react';
import { Button, IconButton, TextArea, TextInput } from '@carbon/react';
import { useDeferredValue, useMemo, useState } from 'react';
import { variableNamesIn } from '../../../contract/app/assemble-prompt.ts';
import type { PromptVariable } from '../../../contract/app/index.ts';
import { type Draft, wordsOf } from './draft/draft.ts';

const MAX_VARIABLES = 64;
const MAX_NAME_CHARACTERS = 40;
const MOST_OFFERED = 12;
const quiet = { autoComplete: 'off', autoCorrect: 'off', autoCapitalize: 'off', spellCheck: false } as const;

type VariablesSectionProps = { draft: Draft; change: (change: (draft: Draft) => Draft) => void };

/** The prompt's variables: what `{name}` in the text stands for now, and by default. */
export function VariablesSection({ draft, change }: VariablesSectionProps) {
  const [typed, setTyped] = useState('');
  const { variables } = draft;
  const read = useDeferredValue(draft);
  const found = useMemo(() => {
    const declared = new Set(read.variables.map(({ name }) => name));
    return variableNamesIn(wordsOf(read)).filter((name) => !declared.has(name));
  }, [read]);
  const isFull = variables.length >= MAX_VARIABLES;
  const fault = nameFault(typed, variables);

  const declare = (name: string) =>
    change((before) => ({ ...before, variables: [...before.variables, { name, defaultValue: '' }] }));

  return (
    <section className="cl-variables" aria-labelledby="variables-title">
      <h3 id="variables-title" className="cl-panel__subtitle">
        Variables
      </h3>
      <p className="cl-field__help">
        Write {'{name}'} in the prompt; what you fill in here takes its place when the prompt runs. A template keeps
        names and defaults. The values for now are not stored.
      </p>
      {found.length > 0 && !isFull && (
        <>
          <p className="cl-field__help">Found in the prompt, sent as they are until you make them variables:</p>
          <div className="cl-variables__found">
            {found.slice(0, MOST_OFFERED).map((name) => (
              <Button key={name} kind="tertiary" size="xs" renderIcon={Add} onClick={() => declare(name)}>
                {`{${name}}`}
              </Button>
            ))}
          </div>
        </>
      )}
      <div className="cl-variables__rows">
        {variables.map((variable) => (
          <VariableRow key={variable.name} variable={variable} draft={draft} change={change} />
        ))}
      </div>
      <div className="cl-stop__row">
        <TextInput
          id="variable-name"
          size="sm"
          labelText="New variable"
          hideLabel
          placeholder="New variable"
          maxLength={MAX_NAME_CHARACTERS}
          {...quiet}
          disabled={isFull}
          invalid={fault !== undefined}
          invalidText={fault ?? ''}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <Button
          kind="tertiary"
          size="sm"
          hasIconOnly
          renderIcon={Add}
          iconDescription="Add variable"
          tooltipAlignment="end"
          disabled={isFull || typed === '' || fault !== undefined}
          onClick={add}
        />
      </div>
    </section>
  );

  function add() {
    if (isFull || typed === '' || fault !== undefined) return;
    declare(typed);
    setTyped('');
  }
}

type VariableRowProps = VariablesSectionProps & { variable: PromptVariable };

function VariableRow({ variable, draft, change }: VariableRowProps) {
  const { name, defaultValue } = variable;
  const value = Object.hasOwn(draft.values, name) ? (draft.values[name] ?? '') : '';
  return (
    <div className="cl-variables__row">
      <div className="cl-variables__head">
        <span>{`{${name}}`}</span>
        <IconButton
          kind="ghost"
          size="sm"
          align="left"
          label={`Remove variable ${name}`}
          onClick={() => change((before) => withoutVariable(before, name))}
        >
          <TrashCan />
        </IconButton>
      </div>
      <TextArea
        id={`variable-${name}-value`}
        labelText={`Value of ${name}`}
        rows={1}
        {...quiet}
        placeholder={defaultValue === '' ? 'Empty' : 'The default'}
        value={value}
        onChange={({ target }) => change((before) => withValue(before, name, target.value))}
      />
      <TextArea
        id={`variable-${name}-default`}
        labelText={`Default of ${name}`}
        rows={1}
        {...quiet}
        value={defaultValue}
        onChange={({ target }) =>
          change((before) => ({
            ...before,
            variables: before.variables.map((other) =>
              other.name === name ? { ...other, defaultValue: target.value } : other,
            ),
          }))
        }
      />
    </div>
  );
}

/** An emptied field gives no value: the default stands again. */
function withValue(draft: Draft, name: string, value: string): Draft {
  const { [name]: _before, ...others } = draft.values;
  return { ...draft, values: value === '' ? others : { ...others, [name]: value } };
}

const withoutVariable = (draft: Draft, name: string): Draft => ({
  ...withValue(draft, name, ''),
  variables: draft.variables.filter((other) => other.name !== name),
});

function nameFault(name: string, variables: readonly PromptVariable[]): string | undefined {
  if (name === '') return undefined;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'Begin with a letter or _, then letters, digits and _ only.';
  return variables.some((other) => other.name === name) ? 'There is a variable of this name.' : undefined;
}
