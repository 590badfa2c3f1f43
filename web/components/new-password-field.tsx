import { PasswordInput } from '@carbon/react';
import { fieldFault } from './field-fault.ts';

export const MIN_PASSWORD_CHARACTERS = 12;

/** What is wrong with a password that somebody chooses; undefined: nothing. */
export function newPasswordFault(password: string): string | undefined {
  const missing = MIN_PASSWORD_CHARACTERS - password.length;
  if (missing <= 0) return undefined;
  return missing === 1 ? '1 more character is needed.' : `${missing} more characters are needed.`;
}

type NewPasswordFieldProps = {
  id: string;
  label?: string;
  value: string;
  /** Whether what is missing is told: after the first try to go on. */
  isChecked: boolean;
  onChange: (password: string) => void;
};

/** Asks for a password once: it can be shown, so that nobody has to type it twice. */
export function NewPasswordField({ id, label = 'New password', value, isChecked, onChange }: NewPasswordFieldProps) {
  return (
    <PasswordInput
      {...fieldFault(id, isChecked ? newPasswordFault(value) : undefined)}
      labelText={label}
      helperText={`At least ${MIN_PASSWORD_CHARACTERS} characters; several words make a good one.`}
      autoComplete="new-password"
      maxLength={256}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
