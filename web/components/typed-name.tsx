import { TextInput } from '@carbon/react';

type TypedNameProps = {
  id: string;
  what: 'project' | 'account';
  name: string;
  typed: string;
  onType: (typed: string) => void;
};

/** Asks for the name of what is destroyed for good, so that nobody does it by a wrong press. */
export function TypedName({ id, what, name, typed, onType }: TypedNameProps) {
  return (
    <TextInput
      id={id}
      data-modal-primary-focus
      labelText={`Type the ${what}'s name, ${name}, to confirm`}
      autoComplete="off"
      spellCheck={false}
      value={typed}
      onChange={(event) => onType(event.target.value)}
    />
  );
}
