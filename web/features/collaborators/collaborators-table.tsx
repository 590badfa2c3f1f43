import { OverflowMenu, OverflowMenuItem } from '@carbon/react';
import type { Collaborator } from '../../../contract/app/index.ts';
import { formatDay } from '../../components/format.ts';
import { MemberName } from '../../components/member-name.tsx';
import { projectRoleWords } from '../../components/project-roles.ts';
import { type Column, RowsTable } from '../../components/rows-table.tsx';

type CollaboratorsTableProps = {
  collaborators: readonly Collaborator[];
  userId: string | undefined;
  isAdmin: boolean;
  onChange: (collaborator: Collaborator) => void;
  onRemove: (collaborator: Collaborator) => void;
};

export function CollaboratorsTable({ collaborators, userId, isAdmin, onChange, onRemove }: CollaboratorsTableProps) {
  const facts: readonly Column<Collaborator>[] = [
    {
      header: 'Name',
      kind: 'name',
      cell: (collaborator) => <MemberName member={collaborator} isOneself={collaborator.userId === userId} />,
    },
    { header: 'Role', cell: ({ role }) => projectRoleWords[role] },
    { header: 'Added', cell: ({ createdAt }) => formatDay(createdAt) },
  ];
  const actions: Column<Collaborator> = {
    header: 'Actions',
    kind: 'actions',
    cell: (collaborator) => (
      <OverflowMenu
        aria-label={`Actions for ${collaborator.name}`}
        iconDescription={`Actions for ${collaborator.name}`}
        flipped
        size="md"
      >
        <OverflowMenuItem itemText="Change role …" onClick={() => onChange(collaborator)} />
        <OverflowMenuItem itemText="Remove …" isDelete hasDivider onClick={() => onRemove(collaborator)} />
      </OverflowMenu>
    ),
  };
  return (
    <RowsTable
      label="Collaborators"
      columns={isAdmin ? [...facts, actions] : facts}
      rows={collaborators}
      rowKey={(collaborator) => collaborator.userId}
    />
  );
}
