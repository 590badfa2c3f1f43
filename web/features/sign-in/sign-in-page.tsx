import { ArrowRight } from '@carbon/icons-react';
import { Button, InlineNotification, PasswordInput, TextInput } from '@carbon/react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Navigate } from 'react-router-dom';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { setUpState, signIn } from '../../app/api/identity.ts';
import { useSession } from '../../app/session.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Entrance } from './entrance.tsx';

export function SignInPage() {
  const { session, hasExpired, begin } = useSession();
  const { data: setUp } = useQuery({ queryKey: ['setup'], queryFn: setUpState });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();

  if (session != null) return <Navigate to="/projects" replace />;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    try {
      begin(await signIn({ email, password }));
    } catch (thrown) {
      setError(toApiError(thrown));
      setIsBusy(false);
    }
  }

  return (
    <Entrance title="Sign in" lead="With the address and password of your Cloister account.">
      {hasExpired && (
        <InlineNotification
          kind="info"
          lowContrast
          hideCloseButton
          title="Your session ended."
          subtitle="Text that was not saved has been deleted from the page. Saved prompts are where you left them."
        />
      )}
      {setUp?.needed === true && (
        <InlineNotification
          kind="info"
          lowContrast
          hideCloseButton
          title="This server has no administrator yet."
          subtitle="Open the one-time link that it printed when it started."
        />
      )}
      <form className="cl-form" noValidate onSubmit={submit}>
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
    </Entrance>
  );
}
