import { OverflowMenu, OverflowMenuItem, Tag } from '@carbon/react';
import type { Person, SecondFactorMethod, Session } from '../../../contract/app/index.ts';
import { accountRoleWords } from '../../app/account-roles.ts';
import { formatDay } from '../../components/format.ts';
import { MemberName } from '../../components/member-name.tsx';
import { type Column, RowsTable } from '../../components/rows-table.tsx';
import type { OpenPersonDialog } from './person-dialogs.tsx';

type PeopleTableProps = {
  people: readonly Person[];
  oneself: Session['user'] | undefined;
  /** Whether to show what only those see and do who manage people. */
  isManager: boolean;
  onOpen: (open: OpenPersonDialog) => void;
};

const factorWords: Record<SecondFactorMethod, string | undefined> = {
  totp: 'Authenticator app',
  passkey: 'Passkey',
  // Comes with the app; by itself it says nothing.
  'recovery-code': undefined,
};

export function PeopleTable({ people, oneself, isManager, onOpen }: PeopleTableProps) {
  const everybody: readonly Column<Person>[] = [
    {
      header: 'Name',
      kind: 'name',
      cell: (person) => <MemberName member={{ ...person, kind: 'person' }} isOneself={person.id === oneself?.id} />,
    },
    {
      header: 'Role',
      cell: ({ role, isSuspended }) => (
        <>
          {accountRoleWords[role]}
          {isSuspended && (
            <Tag size="sm" type="red">
              Suspended
            </Tag>
          )}
        </>
      ),
    },
  ];
  const forManagers: readonly Column<Person>[] = [
    {
      header: 'Second factor',
      cell: ({ secondFactors }) =>
        secondFactors
          .map((factor) => factorWords[factor])
          .filter((words) => words !== undefined)
          .join(', ') || 'None',
    },
    { header: 'Joined', cell: ({ createdAt }) => formatDay(createdAt) },
    {
      header: 'Actions',
      kind: 'actions',
      cell: (person) =>
        // Owners decide about owners.
        (person.role !== 'owner' || oneself?.role === 'owner') && (
          <PersonMenu person={person} isOneself={person.id === oneself?.id} onOpen={onOpen} />
        ),
    },
  ];
  return (
    <RowsTable
      label="People"
      columns={isManager ? [...everybody, ...forManagers] : everybody}
      rows={people}
      rowKey={({ id }) => id}
    />
  );
}

type PersonMenuProps = { person: Person; isOneself: boolean; onOpen: (open: OpenPersonDialog) => void };

/** One's own sign-in is on the page of one's settings. */
function PersonMenu({ person, isOneself, onOpen }: PersonMenuProps) {
  const item = (kind: OpenPersonDialog['kind'], text: string, isDelete = false) => (
    <OverflowMenuItem
      key={kind}
      itemText={text}
      isDelete={isDelete}
      hasDivider={isDelete}
      onClick={() => onOpen({ kind, person })}
    />
  );
  return (
    <OverflowMenu
      aria-label={`Actions for ${person.name}`}
      iconDescription={`Actions for ${person.name}`}
      menuOptionsClass="cl-menu--wide"
      flipped
      size="md"
    >
      {[
        item('role', 'Change role …'),
        ...(isOneself
          ? []
          : [
              item('reset-password', 'Password reset link …'),
              ...(person.secondFactors.length > 0 ? [item('reset-second-factor', 'Reset second factor …')] : []),
              item('sign-out', 'Sign out everywhere …'),
              person.isSuspended ? item('resume', 'Resume …') : item('suspend', 'Suspend …'),
              item('remove', 'Remove …', true),
            ]),
      ]}
    </OverflowMenu>
  );
}
