import { ArrowRight } from '@carbon/icons-react';
import { Button, InlineNotification, PasswordInput, TextInput } from '@carbon/react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, Navigate } from 'react-router-dom';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { setUp, setUpState } from '../../app/api/identity.ts';
import { useSession } from '../../app/session.tsx';
import { setUpToken } from '../../app/set-up-token.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Entrance } from './entrance.tsx';

const MIN_PASSWORD_CHARACTERS = 12;

export function SetUpPage() {
  const { session, begin } = useSession();
  const { data: state } = useQuery({ queryKey: ['setup'], queryFn: setUpState });
  const token = setUpToken();

  if (session != null) return <Navigate to="/projects" replace />;
  if (state?.needed === false) {
    return (
      <Entrance title="Already set up" lead="This server has its administrator. The one-time link is no longer valid.">
        <Link to="/sign-in">Sign in</Link>
      </Entrance>
    );
  }
  if (token === undefined) {
    return (
      <Entrance title="Set up Cloister" lead="This page needs the one-time link.">
        <InlineNotification
          kind="warning"
          lowContrast
          hideCloseButton
          title="The link is incomplete."
          subtitle="Open the whole link that the server printed when it started. It is lost when the page is reloaded: open it again from the terminal."
        />
      </Entrance>
    );
  }
  return (
    <Entrance title="Set up Cloister" lead="Create the administrator: the first person of this server's first account.">
      <SetUpForm token={token} begin={begin} />
    </Entrance>
  );
}

type SetUpFormProps = { token: string; begin: ReturnType<typeof useSession>['begin'] };

function SetUpForm({ token, begin }: SetUpFormProps) {
  const [accountName, setAccountName] = useState('');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const isTooShort = password.length > 0 && password.length < MIN_PASSWORD_CHARACTERS;
  const isComplete =
    accountName.trim() !== '' && name.trim() !== '' && email !== '' && password.length >= MIN_PASSWORD_CHARACTERS;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!isComplete) return;
    setIsBusy(true);
    setError(undefined);
    try {
      begin(await setUp({ token, accountName: accountName.trim(), name: name.trim(), email, password }));
    } catch (thrown) {
      setError(toApiError(thrown));
      setIsBusy(false);
    }
  }

  return (
    <form className="cl-form" onSubmit={submit}>
      <TextInput
        id="account-name"
        labelText="Organisation"
        helperText="The account that projects, people and keys belong to."
        autoComplete="organization"
        maxLength={120}
        value={accountName}
        onChange={(event) => setAccountName(event.target.value)}
      />
      <TextInput
        id="name"
        labelText="Your name"
        autoComplete="name"
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextInput
        id="email"
        type="email"
        labelText="Email"
        helperText="You sign in with it. Cloister sends no mail."
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <PasswordInput
        id="password"
        labelText="Password"
        helperText={`At least ${MIN_PASSWORD_CHARACTERS} characters; several words make a good one.`}
        autoComplete="new-password"
        invalid={isTooShort}
        invalidText={`${MIN_PASSWORD_CHARACTERS - password.length} more characters are needed.`}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {error !== undefined && <ProblemNotice error={error} />}
      <Button type="submit" renderIcon={ArrowRight} disabled={isBusy || !isComplete}>
        {isBusy ? 'Creating …' : 'Create administrator'}
      </Button>
    </form>
  );
}
