import { Select, SelectItem, TextInput } from '@carbon/react';
import { fieldFault } from '../field-fault.ts';
import { type ExpiryChoice, expiryChoices, expiryOf, expiryWords, today } from './expiry.ts';

type ExpiryFieldProps = {
  choice: ExpiryChoice;
  day: string;
  onChoice: (choice: ExpiryChoice) => void;
  onDay: (day: string) => void;
};

/** When a key stops working. */
export function ExpiryField({ choice, day, onChoice, onDay }: ExpiryFieldProps) {
  return (
    <>
      <Select
        id="api-key-expiry"
        labelText="Expires"
        helperText={choice === 'none' ? 'A key that never expires works until somebody deletes it.' : ''}
        value={choice}
        onChange={({ target }) => {
          const next = expiryChoices.find((known) => known === target.value);
          if (next !== undefined) onChoice(next);
        }}
      >
        {expiryChoices.map((known) => (
          <SelectItem key={known} value={known} text={expiryWords[known]} />
        ))}
      </Select>
      {choice === 'date' && (
        <TextInput
          {...fieldFault(
            'api-key-last-day',
            day !== '' && expiryOf('date', day) === undefined ? 'Choose a day that is not over.' : undefined,
          )}
          type="date"
          labelText="Last day"
          min={today()}
          value={day}
          onChange={(event) => onDay(event.target.value)}
        />
      )}
    </>
  );
}
