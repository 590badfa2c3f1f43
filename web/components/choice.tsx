import { RadioButton, RadioButtonGroup } from '@carbon/react';

type ChoiceProps<T extends string> = {
  legend: string;
  name: string;
  options: readonly T[];
  words: Readonly<Record<T, string>>;
  meanings: Readonly<Record<T, string>>;
  chosen: T;
  onChoose: (option: T) => void;
};

/** One of a few roles or kinds of access, each with a sentence that says what it lets somebody do. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const { legend, name, options, words, meanings, chosen, onChoose } = props;
  return (
    <RadioButtonGroup
      className="cl-choice"
      legendText={legend}
      name={name}
      orientation="vertical"
      valueSelected={chosen}
      onChange={(value) => {
        const option = options.find((known) => known === value);
        if (option !== undefined) onChoose(option);
      }}
    >
      {options.map((option) => (
        <RadioButton
          key={option}
          id={`${name}-${option}`}
          value={option}
          labelText={
            <span className="cl-choice__label">
              <span>{words[option]}</span>
              <span className="cl-choice__meaning">{meanings[option]}</span>
            </span>
          }
        />
      ))}
    </RadioButtonGroup>
  );
}
