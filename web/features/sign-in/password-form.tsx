import { ArrowRight } from '@carbon/icons-react';
import { Button, PasswordInput, TextInput } from '@carbon/react';
import { useState } from 'react';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';

export type PasswordSignIn = { email: string; password: string };

export function PasswordForm({ onSubmit }: { onSubmit: (credentials: PasswordSignIn) => Promise<void> }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { isBusy, error, submit } = useSubmit();
  return (
    <form
      className="cl-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(() => onSubmit({ email, password }));
      }}
    >
      <TextInput
        id="email"
        type="email"
        labelText="Email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <PasswordInput
        id="password"
        labelText="Password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {error !== undefined && <ProblemNotice error={error} />}
      <Button type="submit" renderIcon={ArrowRight} disabled={isBusy || email === '' || password === ''}>
        {isBusy ? 'Signing in …' : 'Sign in'}
      </Button>
    </form>
  );
}
