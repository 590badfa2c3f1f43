import { Button, TextInput } from '@carbon/react';
import { useState } from 'react';
import { useSay } from './live-phrases.tsx';
import { ProblemNotice } from './problem-notice.tsx';
import { useSubmit } from './use-submit.ts';

type NameFormProps = {
  id: string;
  label: string;
  helperText?: string;
  autoComplete?: string;
  name: string;
  save: (name: string) => Promise<unknown>;
};

/** Changes one name in its place, and says when it is done. */
export function NameForm({ id, label, helperText = '', autoComplete = 'off', name, save }: NameFormProps) {
  const [typed, setTyped] = useState(name);
  const [isSaved, setIsSaved] = useState(false);
  const { isBusy, error, submit } = useSubmit();
  const say = useSay();
  const canSave = typed.trim() !== '' && typed.trim() !== name;
  return (
    <form
      className="cl-form"
      noValidate
      onSubmit={async (event) => {
        event.preventDefault();
        if (!canSave || !(await submit(() => save(typed.trim())))) return;
        setIsSaved(true);
        say('Saved');
      }}
    >
      <TextInput
        id={id}
        labelText={label}
        helperText={helperText}
        autoComplete={autoComplete}
        maxLength={120}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setIsSaved(false);
        }}
      />
      {error !== undefined && <ProblemNotice error={error} />}
      <div className="cl-buttons">
        <Button type="submit" size="md" kind="tertiary" disabled={isBusy || !canSave}>
          Save
        </Button>
        {isSaved && <span className="cl-saved">Saved.</span>}
      </div>
    </form>
  );
}
