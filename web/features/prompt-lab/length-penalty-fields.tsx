import { NumberInput, Toggle } from '@carbon/react';
import type { DecodingParameters } from '../../../contract/app/index.ts';
import { lengthPenaltyRange } from './decoding-parameters.ts';

type LengthPenaltyFieldsProps = {
  parameters: DecodingParameters;
  onChange: (parameters: DecodingParameters) => void;
};

/** Makes the end of the answer likelier, the more the longer it is. */
export function LengthPenaltyFields({ parameters, onChange }: LengthPenaltyFieldsProps) {
  const { lengthPenalty: penalty, ...rest } = parameters;
  const usual = { decayFactor: lengthPenaltyRange.decayFactor.usual, startIndex: lengthPenaltyRange.startIndex.usual };
  const field = (name: 'decayFactor' | 'startIndex', label: string) => {
    const { min, max, step } = lengthPenaltyRange[name];
    return (
      penalty !== undefined && (
        <NumberInput
          id={`length-penalty-${name}`}
          label={label}
          size="sm"
          min={min}
          max={max}
          step={step}
          value={Number.isNaN(penalty[name]) ? '' : penalty[name]}
          disableWheel
          autoComplete="off"
          invalidText={`From ${min} to ${max.toLocaleString('en-GB')}.`}
          onChange={(_event, { value }) =>
            onChange({
              ...parameters,
              lengthPenalty: { ...penalty, [name]: value === '' ? Number.NaN : Number(value) },
            })
          }
        />
      )
    );
  };
  return (
    <div className="cl-field">
      <Toggle
        id="length-penalty"
        size="sm"
        labelText="Length penalty"
        labelA="Off (default)"
        labelB="On"
        toggled={penalty !== undefined}
        onToggle={(isOn) => onChange(isOn ? { ...parameters, lengthPenalty: usual } : rest)}
      />
      <p className="cl-field__help">Makes the end of the answer likelier with each token after a given one.</p>
      {field('decayFactor', 'Factor for each token')}
      {field('startIndex', 'Begins after this many tokens')}
    </div>
  );
}
