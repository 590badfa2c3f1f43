import { useState } from 'react';
import { Navigate } from 'react-router-dom';
import type { SignInResult } from '../../../contract/app/index.ts';
import { dropFragment } from '../../app/address-fragment.ts';
import { signIn } from '../../app/api/identity.ts';
import { useSession } from '../../app/session.tsx';
import { AccountChoice } from './account-choice.tsx';
import { Entrance } from './entrance.tsx';
import { OtherWays } from './other-ways.tsx';
import { PasswordForm, type PasswordSignIn } from './password-form.tsx';
import { SecondFactorForm } from './second-factor-form.tsx';
import { SignInNotices } from './sign-in-notices.tsx';

type Pending = Exclude<SignInResult, { state: 'signed-in' }>;

/** Signing in: the password or another way first, then whatever else the server asks for. */
export function SignInPage() {
  const { session, begin } = useSession();
  const [pending, setPending] = useState<Pending>();
  /** Needed again when the same address and password open several accounts. */
  const [given, setGiven] = useState<PasswordSignIn>();

  if (session != null) return <Navigate to="/projects" replace />;

  function goOn(result: SignInResult): void {
    if (result.state === 'signed-in') {
      begin(result.session);
      dropFragment('/sign-in');
      return;
    }
    setPending(result);
    if (result.state !== 'account-choice') setGiven(undefined);
  }
  function startAgain(): void {
    setPending(undefined);
    setGiven(undefined);
  }

  if (pending?.state === 'second-factor') {
    return (
      <Entrance title="One more step" lead="Your sign-in is protected by a second factor." movesFocus={false}>
        <SecondFactorForm step={pending} onResult={goOn} onStartAgain={startAgain} />
      </Entrance>
    );
  }
  if (pending?.state === 'account-choice' && given !== undefined) {
    return (
      <Entrance title="Choose an account" lead="Your address and password open more than one.">
        <AccountChoice
          accounts={pending.accounts}
          choose={async (accountId) => goOn(await signIn({ ...given, accountId }))}
          onStartAgain={startAgain}
        />
      </Entrance>
    );
  }
  return (
    <Entrance title="Sign in" lead="With the address and password of your Cloister account.">
      <SignInNotices />
      <PasswordForm
        onSubmit={async (credentials) => {
          const result = await signIn(credentials);
          if (result.state === 'account-choice') setGiven(credentials);
          goOn(result);
        }}
      />
      <OtherWays onResult={goOn} />
    </Entrance>
  );
}
