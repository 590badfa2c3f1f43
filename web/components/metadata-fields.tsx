import { TextArea, TextInput } from '@carbon/react';

type MetadataFieldsProps = {
  /** What the fields' ids begin with. */
  id: string;
  /** Says who sees them. */
  helperText: string;
  name: string;
  setName: (name: string) => void;
  description: string;
  setDescription: (description: string) => void;
};

/** The most characters that the server takes in the name of a thing. */
export const MOST_NAME_CHARACTERS = 120;

/** Name and description of a thing, in a dialog; the name has the focus first. */
export function MetadataFields({ id, helperText, name, setName, description, setDescription }: MetadataFieldsProps) {
  return (
    <>
      <TextInput
        id={`${id}-name`}
        data-modal-primary-focus
        labelText="Name"
        autoComplete="off"
        maxLength={MOST_NAME_CHARACTERS}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        id={`${id}-description`}
        labelText="Description (optional)"
        helperText={helperText}
        autoComplete="off"
        spellCheck={false}
        rows={2}
        maxLength={1000}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
    </>
  );
}
