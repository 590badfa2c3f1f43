import { Add } from '@carbon/icons-react';
import { Button, DismissibleTag, TextInput } from '@carbon/react';
import { useState } from 'react';
import { MAX_STOP_SEQUENCE_CHARACTERS, MAX_STOP_SEQUENCES, readEscapes, showEscapes } from './decoding-parameters.ts';

type StopSequencesProps = { sequences: readonly string[]; onChange: (sequences: string[]) => void };

/** Words at which the answer ends. */
export function StopSequences({ sequences, onChange }: StopSequencesProps) {
  const [typed, setTyped] = useState('');
  const next = readEscapes(typed);
  const isFull = sequences.length >= MAX_STOP_SEQUENCES;
  const canAdd = next !== '' && !sequences.includes(next) && !isFull;

  function add() {
    if (!canAdd) return;
    onChange([...sequences, next]);
    setTyped('');
  }

  return (
    <div className="cl-field">
      <label className="cl-field__label" htmlFor="stop-sequence">
        Stop sequences
      </label>
      <div className="cl-stop__row">
        <TextInput
          id="stop-sequence"
          size="sm"
          labelText="Stop sequences"
          hideLabel
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={MAX_STOP_SEQUENCE_CHARACTERS}
          disabled={isFull}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
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
          iconDescription="Add stop sequence"
          tooltipAlignment="end"
          disabled={!canAdd}
          onClick={add}
        />
      </div>
      {sequences.length > 0 && (
        <ul className="cl-stop__chips" aria-label="Stop sequences in use">
          {sequences.map((sequence) => (
            <li key={sequence}>
              <DismissibleTag
                type="gray"
                size="md"
                text={showEscapes(sequence)}
                title={`Remove stop sequence ${showEscapes(sequence)}`}
                dismissTooltipLabel="Remove"
                onClose={() => onChange(sequences.filter((other) => other !== sequence))}
              />
            </li>
          ))}
        </ul>
      )}
      <p className="cl-field__help">
        The answer ends where one of them appears; at most {MAX_STOP_SEQUENCES}. Write \n for a line break.
      </p>
    </div>
  );
}
