import { ArrowRight } from '@carbon/icons-react';
import { Button, TextInput } from '@carbon/react';
import { type FormEvent, useEffect, useState } from 'react';
import { Navigate } from 'react-router-dom';
import { accountRoleMeanings, accountRoleWords } from '../../app/account-roles.ts';
import { dropFragment } from '../../app/address-fragment.ts';
import { acceptInvitation } from '../../app/api/links.ts';
import { useSession } from '../../app/session.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { fieldFault } from '../../components/field-fault.ts';
import { formatDayAndTime } from '../../components/format.ts';
import { NewPasswordField, newPasswordFault } from '../../components/new-password-field.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';
import { Entrance } from './entrance.tsx';
import { OneTimeLink } from './one-time-link.tsx';

const TITLE = 'Join an account';

/** Where an invitation's link leads. */
export function InvitationPage() {
  const { session, begin } = useSession();
  const [isAccepted, setIsAccepted] = useState(false);
  useEffect(() => {
    if (isAccepted) dropFragment('/invitation');
  }, [isAccepted]);

  async function accept(answer: Parameters<typeof acceptInvitation>[0]): Promise<void> {
    const result = await acceptInvitation(answer);
    setIsAccepted(true);
    if (result.state === 'signed-in') begin(result.session);
  }

  if (isAccepted) return <Navigate to={session == null ? '/sign-in' : '/projects'} replace />;
  return (
    <OneTimeLink purpose="invitation" pathname="/invitation" title={TITLE}>
      {(invitation, token) => (
        <Entrance title={TITLE} lead={`You are invited to work in ${invitation.accountName} on this server.`}>
          <FactList
            facts={[
              ['Account', invitation.accountName],
              ['Your email', invitation.email],
              ['Your role', `${accountRoleWords[invitation.role]}. ${accountRoleMeanings[invitation.role]}`],
              ['The link works until', formatDayAndTime(invitation.expiresAt)],
            ]}
          />
          <AcceptForm email={invitation.email} accept={(answer) => accept({ ...answer, token })} />
        </Entrance>
      )}
    </OneTimeLink>
  );
}

type AcceptFormProps = { email: string; accept: (answer: { name: string; password: string }) => Promise<void> };

function AcceptForm({ email, accept }: AcceptFormProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [isChecked, setIsChecked] = useState(false);
  const { isBusy, error, submit } = useSubmit();
  const hasName = name.trim() !== '';

  function answer(event: FormEvent) {
    event.preventDefault();
    setIsChecked(true);
    if (!hasName) return document.getElementById('name')?.focus();
    if (newPasswordFault(password) !== undefined) return document.getElementById('new-password')?.focus();
    void submit(() => accept({ name: name.trim(), password }));
  }

  return (
    <form className="cl-form" noValidate onSubmit={answer}>
      <input type="hidden" autoComplete="username" value={email} />
      <TextInput
        {...fieldFault(
          'name',
          isChecked && !hasName ? 'Say who you are: colleagues see the name on what you save.' : undefined,
        )}
        labelText="Your name"
        autoComplete="name"
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <NewPasswordField
        id="new-password"
        label="Choose a password"
        isChecked={isChecked}
        value={password}
        onChange={setPassword}
      />
      {error !== undefined && <ProblemNotice error={error} />}
      <Button type="submit" renderIcon={ArrowRight} disabled={isBusy}>
        {isBusy ? 'Joining …' : 'Join'}
      </Button>
    </form>
  );
}
