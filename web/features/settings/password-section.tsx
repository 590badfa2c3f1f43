import { Button, InlineNotification, PasswordInput } from '@carbon/react';
import { type FormEvent, useState } from 'react';
import type { Profile } from '../../../contract/app/index.ts';
import { useChangePassword } from '../../app/api/profile.ts';
import { fieldFault } from '../../components/field-fault.ts';
import { formatDay } from '../../components/format.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { NewPasswordField, newPasswordFault } from '../../components/new-password-field.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';
import { useSubmit } from '../../components/use-submit.ts';

export function PasswordSection({ profile }: { profile: Profile }) {
  const { passwordChangedAt } = profile;
  return (
    <SettingsSection
      title="Password"
      text={
        <>
          Changing it ends every other session of yours.
          {passwordChangedAt !== null && ` Last changed on ${formatDay(passwordChangedAt)}.`}
        </>
      }
    >
      {profile.hasPassword ? (
        <PasswordForm email={profile.email} />
      ) : (
        <p>
          You have no password here: you sign in through your organisation's identity provider. An administrator can
          give you a link that sets one.
        </p>
      )}
    </SettingsSection>
  );
}

function PasswordForm({ email }: { email: string }) {
  const change = useChangePassword();
  const [currentPassword, setCurrentPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const [isChecked, setIsChecked] = useState(false);
  const [isChanged, setIsChanged] = useState(false);
  const { isBusy, error, submit } = useSubmit();
  const say = useSay();

  async function answer(event: FormEvent) {
    event.preventDefault();
    setIsChecked(true);
    setIsChanged(false);
    if (currentPassword === '') return document.getElementById('current-password')?.focus();
    if (newPasswordFault(newPassword) !== undefined) return document.getElementById('new-password')?.focus();
    if (!(await submit(() => change.mutateAsync({ currentPassword, newPassword })))) return;
    setCurrentPassword('');
    setNewPassword('');
    setIsChecked(false);
    setIsChanged(true);
    say('Your password is changed');
  }

  return (
    <form className="cl-form" noValidate onSubmit={answer}>
      <input type="hidden" autoComplete="username" value={email} />
      <PasswordInput
        {...fieldFault(
          'current-password',
          isChecked && currentPassword === '' ? 'Give the password that you have now.' : undefined,
        )}
        labelText="Current password"
        autoComplete="current-password"
        maxLength={256}
        value={currentPassword}
        onChange={(event) => setCurrentPassword(event.target.value)}
      />
      <NewPasswordField id="new-password" isChecked={isChecked} value={newPassword} onChange={setNewPassword} />
      {error !== undefined && <ProblemNotice error={error} />}
      {isChanged && (
        <InlineNotification
          kind="success"
          lowContrast
          hideCloseButton
          title="Your password is changed."
          subtitle="Every other session of yours has ended."
        />
      )}
      <Button type="submit" size="md" kind="tertiary" disabled={isBusy}>
        Change password
      </Button>
    </form>
  );
}
