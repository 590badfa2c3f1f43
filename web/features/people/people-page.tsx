import { Add } from '@carbon/icons-react';
import { Button, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import { accountRoleMeanings, accountRoles, accountRoleWords, managesPeople } from '../../app/account-roles.ts';
import { toApiError } from '../../app/api/client.ts';
import { usePeople } from '../../app/api/people.ts';
import { useSession } from '../../app/session.tsx';
import { Meanings } from '../../components/meanings.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { InvitationDialogs, type OpenInvitationDialog } from './invitation-dialogs.tsx';
import { InvitationsSection } from './invitations-section.tsx';
import { PeopleTable } from './people-table.tsx';
import { type OpenPersonDialog, PersonDialogs } from './person-dialogs.tsx';

/** Who works in the account. Everybody sees it; owners and administrators decide it. */
export function PeoplePage() {
  const { session } = useSession();
  const { data: people, error, isPending, refetch } = usePeople();
  const [openPerson, setOpenPerson] = useState<OpenPersonDialog>();
  const [openInvitation, setOpenInvitation] = useState<OpenInvitationDialog>();
  const isManager = session != null && managesPeople(session.user.role);

  return (
    <Page
      title="People"
      lead={
        <>
          Everybody in <strong>{session?.account.name}</strong>. A role here opens no project: who may open what is
          decided in each project.
        </>
      }
      actions={
        isManager ? (
          <Button renderIcon={Add} onClick={() => setOpenInvitation({ kind: 'invite' })}>
            Invite somebody
          </Button>
        ) : undefined
      }
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={6} />}
      {people !== undefined && (
        <PeopleTable people={people} oneself={session?.user} isManager={isManager} onOpen={setOpenPerson} />
      )}
      {isManager && (
        <InvitationsSection
          oneself={session?.user}
          onRevoke={(invitation) => setOpenInvitation({ kind: 'revoke', invitation })}
          onRenew={(invitation) => setOpenInvitation({ kind: 'invite', invitation })}
        />
      )}
      <section className="cl-section cl-account-roles">
        <h2 className="cl-section__title">What the roles mean</h2>
        <Meanings options={accountRoles} words={accountRoleWords} meanings={accountRoleMeanings} />
      </section>
      <PersonDialogs open={openPerson} onClose={() => setOpenPerson(undefined)} />
      <InvitationDialogs open={openInvitation} onClose={() => setOpenInvitation(undefined)} />
    </Page>
  );
}
