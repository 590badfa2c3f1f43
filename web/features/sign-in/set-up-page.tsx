import { ArrowRight } from '@carbon/icons-react';
import { Button, InlineNotification, PasswordInput, TextInput } from '@carbon/react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, Navigate } from 'react-router-dom';
import { useFragment } from '../../app/address-fragment.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { setUp, setUpState } from '../../app/api/identity.ts';
import { useSession } from '../../app/session.tsx';
import { fieldFault } from '../../components/field-fault.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Entrance } from './entrance.tsx';

const MIN_PASSWORD_CHARACTERS = 12;

export function SetUpPage() {
  const { session, begin } = useSession();
  const { data: state } = useQuery({ queryKey: ['setup'], queryFn: setUpState });
  const token = useFragment('/setup');

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
  const [isChecked, setIsChecked] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();

  /** What is missing, by the id of its field; told after the first try to go on. */
  const faults = {
    'account-name': accountName.trim() === '' ? 'Name the organisation that runs this server.' : undefined,
    name: name.trim() === '' ? 'Say who you are: colleagues see the name on what you save.' : undefined,
    email: /^\S+@\S+\.\S+$/.test(email) ? undefined : 'Give an address such as ada@example.org.',
    password:
      password.length < MIN_PASSWORD_CHARACTERS
        ? `${MIN_PASSWORD_CHARACTERS - password.length} more characters are needed.`
        : undefined,
  };
  const check = (id: keyof typeof faults) => fieldFault(id, isChecked ? faults[id] : undefined);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsChecked(true);
    const [firstFault] = Object.entries(faults).find(([, fault]) => fault !== undefined) ?? [];
    if (firstFault !== undefined) return document.getElementById(firstFault)?.focus();
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
    <form className="cl-form" noValidate onSubmit={submit}>
      <TextInput
        {...check('account-name')}
        labelText="Organisation"
        helperText="The account that projects, people and keys belong to."
        autoComplete="organization"
        maxLength={120}
        value={accountName}
        onChange={(event) => setAccountName(event.target.value)}
      />
      <TextInput
        {...check('name')}
        labelText="Your name"
        autoComplete="name"
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextInput
        {...check('email')}
        type="email"
        labelText="Email"
        helperText="You sign in with it."
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={email}
        onChange={(event) => setEmail(event.target.value.trim())}
      />
      <PasswordInput
        {...check('password')}
        labelText="Password"
        helperText={`At least ${MIN_PASSWORD_CHARACTERS} characters; several words make a good one.`}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {error !== undefined && <ProblemNotice error={error} />}
      <Button type="submit" renderIcon={ArrowRight} disabled={isBusy}>
        {isBusy ? 'Creating …' : 'Create administrator'}
      </Button>
    </form>
  );
}
