import { ArrowRight } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { type FormEvent, useEffect, useState } from 'react';
import { Navigate } from 'react-router-dom';
import { dropFragment } from '../../app/address-fragment.ts';
import { resetPassword } from '../../app/api/links.ts';
import { NewPasswordField, newPasswordFault } from '../../components/new-password-field.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';
import { Entrance } from './entrance.tsx';
import { OneTimeLink } from './one-time-link.tsx';

const TITLE = 'Set a new password';

/** Where the link leads that an administrator gives to somebody who lost their password. */
export function PasswordResetPage() {
  const [isSet, setIsSet] = useState(false);
  useEffect(() => {
    if (isSet) dropFragment('/password-reset');
  }, [isSet]);

  if (isSet) return <Navigate to="/sign-in" replace state={{ hasNewPassword: true }} />;
  return (
    <OneTimeLink purpose="password-reset" pathname="/password-reset" title={TITLE}>
      {(reset, token) => (
        <Entrance
          title={TITLE}
          lead={
            <>
              For <strong>{reset.email}</strong> in {reset.accountName}. Every session that is open ends; a second
              factor stays.
            </>
          }
        >
          <NewPasswordForm
            email={reset.email}
            set={async (password) => {
              await resetPassword({ token, password });
              setIsSet(true);
            }}
          />
        </Entrance>
      )}
    </OneTimeLink>
  );
}

type NewPasswordFormProps = { email: string; set: (password: string) => Promise<void> };

function NewPasswordForm({ email, set }: NewPasswordFormProps) {
  const [password, setPassword] = useState('');
  const [isChecked, setIsChecked] = useState(false);
  const { isBusy, error, submit } = useSubmit();

  function answer(event: FormEvent) {
    event.preventDefault();
    setIsChecked(true);
    if (newPasswordFault(password) !== undefined) return document.getElementById('new-password')?.focus();
    void submit(() => set(password));
  }

  return (
    <form className="cl-form" noValidate onSubmit={answer}>
      <input type="hidden" autoComplete="username" value={email} />
      <NewPasswordField id="new-password" isChecked={isChecked} value={password} onChange={setPassword} />
      {error !== undefined && <ProblemNotice error={error} />}
      <Button type="submit" renderIcon={ArrowRight} disabled={isBusy}>
        {isBusy ? 'Saving …' : 'Set password'}
      </Button>
    </form>
  );
}
