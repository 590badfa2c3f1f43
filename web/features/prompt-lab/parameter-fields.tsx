import { Reset } from '@carbon/icons-react';
import { ContentSwitcher, IconButton, NumberInput, Slider, Switch, Toggle } from '@carbon/react';
import type { DecodingParameters } from '../../../contract/app/index.ts';
import {
  defaultParameters,
  type NumericParameter,
  type NumericParameterDescription,
  numericParameters,
} from './decoding-parameters.ts';
import { LengthPenaltyFields } from './length-penalty-fields.tsx';
import { ResponseFormatFields } from './response-format-fields.tsx';
import { StopSequences } from './stop-sequences.tsx';

type ParameterFieldsProps = {
  parameters: DecodingParameters;
  lastSeed: number | undefined;
  onChange: (parameters: DecodingParameters) => void;
};

/** Every decoding parameter with its range, default and meaning. */
export function ParameterFields({ parameters, lastSeed, onChange }: ParameterFieldsProps) {
  const isGreedy = parameters.decodingMethod === 'greedy';
  const field = (name: NumericParameter) => {
    const description = numericParameters[name];
    return (
      <NumericField
        description={description}
        value={parameters[name]}
        isDisabled={description.isSampleOnly && isGreedy}
        lastSeed={lastSeed}
        onChange={(value) => onChange(withValue(parameters, name, value))}
      />
    );
  };

  return (
    <div className="cl-parameters__fields">
      <div>
        <p className="cl-field__label" id="decoding-label">
          Decoding
        </p>
        <ContentSwitcher
          size="sm"
          aria-labelledby="decoding-label"
          selectedIndex={isGreedy ? 0 : 1}
          onChange={({ name }) => onChange({ ...parameters, decodingMethod: name === 'sample' ? 'sample' : 'greedy' })}
        >
          <Switch name="greedy" text="Greedy" />
          <Switch name="sample" text="Sampling" />
        </ContentSwitcher>
        <p className="cl-field__help">
          {isGreedy
            ? 'Always the likeliest token: the same prompt gives the same answer.'
            : 'Draws among likely tokens: answers vary.'}
        </p>
      </div>
      {field('maxNewTokens')}
      <fieldset className="cl-parameters__group">
        <legend className="cl-panel__subtitle">Sampling</legend>
        {isGreedy && (
          <p className="cl-field__help">Switched off: greedy decoding draws nothing, so these have no effect.</p>
        )}
        {field('temperature')}
        {field('topP')}
        {field('topK')}
        {field('randomSeed')}
      </fieldset>
      <fieldset className="cl-parameters__group">
        <legend className="cl-panel__subtitle">Repetition and length</legend>
        {field('repetitionPenalty')}
        {field('frequencyPenalty')}
        {field('presencePenalty')}
        {field('minNewTokens')}
        <LengthPenaltyFields parameters={parameters} onChange={onChange} />
        <StopSequences
          sequences={parameters.stopSequences}
          onChange={(stopSequences) => onChange({ ...parameters, stopSequences })}
        />
        <Toggle
          id="parameter-includeStopSequence"
          size="sm"
          labelText="Keep the stop sequence in the answer"
          labelA="Off"
          labelB="On (default)"
          toggled={parameters.includeStopSequence}
          onToggle={(includeStopSequence) => onChange({ ...parameters, includeStopSequence })}
        />
      </fieldset>
      <fieldset className="cl-parameters__group">
        <legend className="cl-panel__subtitle">Limits</legend>
        {field('timeLimit')}
        {field('truncateInputTokens')}
      </fieldset>
      <fieldset className="cl-parameters__group">
        <legend className="cl-panel__subtitle">Form of the answer</legend>
        <ResponseFormatFields
          format={parameters.responseFormat}
          onChange={(responseFormat) => onChange({ ...parameters, responseFormat })}
        />
        <Toggle
          id="shows-log-probabilities"
          size="sm"
          labelText="Show how sure the model was of each token"
          labelA="Off (default)"
          labelB="On"
          toggled={parameters.logProbabilities !== undefined}
          onToggle={(isOn) => onChange(withValue(parameters, 'logProbabilities', isOn ? 3 : undefined))}
        />
        {parameters.logProbabilities !== undefined && field('logProbabilities')}
      </fieldset>
    </div>
  );
}

type NumericFieldProps = {
  description: NumericParameterDescription;
  value: number | undefined;
  isDisabled: boolean;
  lastSeed: number | undefined;
  onChange: (value: number | undefined) => void;
};

function NumericField({ description, value, isDisabled, lastSeed, onChange }: NumericFieldProps) {
  const { name, label, explanation, min, max, step, control, whenEmpty } = description;
  const usual = defaultParameters[name];
  const mayBeEmpty = whenEmpty !== undefined;
  const isChanged = value !== usual;
  const id = `parameter-${name}`;
  return (
    <div className="cl-field">
      <div className="cl-field__head">
        <label className="cl-field__label" htmlFor={control === 'slider' ? `${id}-input-for-slider` : id}>
          {label}
        </label>
        {isChanged && !isDisabled && (
          <IconButton
            kind="ghost"
            size="xs"
            align="left"
            label={`Reset to ${usual ?? whenEmpty}`}
            onClick={() => onChange(usual)}
          >
            <Reset />
          </IconButton>
        )}
      </div>
      {control === 'slider' ? (
        <Slider
          id={id}
          ariaLabelInput={label}
          min={min}
          max={max}
          step={step}
          value={value ?? min}
          disabled={isDisabled}
          hideLabel
          labelText={label}
          onChange={({ value: next }) => onChange(next)}
        />
      ) : (
        <NumberInput
          id={id}
          label={label}
          hideLabel
          size="sm"
          min={min}
          max={max}
          step={step}
          allowEmpty={mayBeEmpty}
          value={value ?? ''}
          disabled={isDisabled}
          disableWheel
          autoComplete="off"
          invalidText={`From ${min.toLocaleString('en-GB')} to ${max.toLocaleString('en-GB')}.`}
          onChange={(_event, { value: next }) =>
            onChange(next === '' ? (mayBeEmpty ? undefined : Number.NaN) : Number(next))
          }
        />
      )}
      <p className="cl-field__help">
        {!isDisabled && explanation}
        {name === 'randomSeed' && lastSeed !== undefined && !isDisabled && (
          <>
            {' '}
            <button type="button" className="cl-link-button" onClick={() => onChange(lastSeed)}>
              Use the last one, {lastSeed}
            </button>
          </>
        )}
      </p>
    </div>
  );
}

function withValue(
  parameters: DecodingParameters,
  name: NumericParameter,
  value: number | undefined,
): DecodingParameters {
  const { [name]: _before, ...rest } = parameters;
  if (value !== undefined) return { ...parameters, [name]: value };
  // Only those that may be empty are ever left out.
  return numericParameters[name].whenEmpty === undefined
    ? { ...parameters, [name]: Number.NaN }
    : (rest as DecodingParameters);
}
