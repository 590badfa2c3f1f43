import { OverflowMenu, OverflowMenuItem, SkeletonText, Tag } from '@carbon/react';
import type { Invitation, Session } from '../../../contract/app/index.ts';
import { accountRoleWords } from '../../app/account-roles.ts';
import { toApiError } from '../../app/api/client.ts';
import { useInvitations } from '../../app/api/people.ts';
import { formatDay, formatDayAndTime } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Column, RowsTable } from '../../components/rows-table.tsx';

type InvitationsSectionProps = {
  oneself: Session['user'] | undefined;
  onRevoke: (invitation: Invitation) => void;
  /** Makes a new link for the same person. */
  onRenew: (invitation: Invitation) => void;
};

/** Who was invited and has not come yet. */
export function InvitationsSection({ oneself, onRevoke, onRenew }: InvitationsSectionProps) {
  const { data: invitations, error, isPending, refetch } = useInvitations();
  const columns: readonly Column<Invitation>[] = [
    { header: 'Email', kind: 'name', cell: ({ email }) => email },
    { header: 'Role', cell: ({ role }) => accountRoleWords[role] },
    { header: 'Invited', cell: ({ createdAt }) => formatDay(createdAt) },
    { header: 'Link works until', cell: ({ expiresAt }) => <ExpiryWords expiresAt={expiresAt} /> },
    {
      header: 'Actions',
      kind: 'actions',
      cell: (invitation) =>
        // Owners alone decide about owners.
        (invitation.role !== 'owner' || oneself?.role === 'owner') && (
          <OverflowMenu
            aria-label={`Actions for the invitation of ${invitation.email}`}
            iconDescription={`Actions for the invitation of ${invitation.email}`}
            flipped
            size="md"
          >
            <OverflowMenuItem itemText="New link …" onClick={() => onRenew(invitation)} />
            <OverflowMenuItem itemText="Take back …" isDelete hasDivider onClick={() => onRevoke(invitation)} />
          </OverflowMenu>
        ),
    },
  ];
  return (
    <section className="cl-section" aria-labelledby="invitations">
      <h2 className="cl-section__title" id="invitations">
        Invitations
      </h2>
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={2} />}
      {invitations?.length === 0 && <p className="cl-section__text">Nobody has an invitation that is still open.</p>}
      {invitations !== undefined && invitations.length > 0 && (
        <RowsTable label="Invitations" columns={columns} rows={invitations} rowKey={({ id }) => id} />
      )}
    </section>
  );
}

function ExpiryWords({ expiresAt }: { expiresAt: string }) {
  return (
    <>
      {formatDayAndTime(expiresAt)}
      {new Date(expiresAt).getTime() <= Date.now() && (
        <Tag size="sm" type="red">
          Expired
        </Tag>
      )}
    </>
  );
}
