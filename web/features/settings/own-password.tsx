import { PasswordInput } from '@carbon/react';
import type { Profile } from '../../../contract/app/index.ts';
import { ApiError, toApiError } from '../../app/api/client.ts';

type OwnPasswordProps = { value: string; onChange: (password: string) => void };

/** The password of whoever is signed in, asked for again. */
export function OwnPassword({ value, onChange }: OwnPasswordProps) {
  return (
    <PasswordInput
      id="confirm-password"
      data-modal-primary-focus
      labelText="Your password"
      autoComplete="current-password"
      maxLength={256}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** Whether the server refused because the sign-in is a while ago, and takes the password in its place. */
export function asksForPassword(thrown: unknown, profile: Profile): boolean {
  const { reason } = toApiError(thrown).problem;
  return profile.hasPassword && (reason === 'sign-in-anew' || reason === 'password-needed');
}

/** Such a refusal in words for a page that has just put the field there. */
export function passwordAsked(thrown: unknown): ApiError {
  return new ApiError({
    ...toApiError(thrown).problem,
    title: 'Your password is needed',
    detail: 'You signed in a while ago, so the server asks again who you are. Type your password and go on.',
  });
}
