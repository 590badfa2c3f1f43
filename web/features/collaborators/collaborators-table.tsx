import {
  OverflowMenu,
  OverflowMenuItem,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableHeader,
  TableRow,
} from '@carbon/react';
import type { Collaborator } from '../../../contract/app/index.ts';
import { formatDay } from '../../components/format.ts';
import { MemberName } from '../../components/member-name.tsx';
import { projectRoleWords } from '../../components/project-roles.ts';

type CollaboratorsTableProps = {
  collaborators: readonly Collaborator[];
  userId: string | undefined;
  isAdmin: boolean;
  onChange: (collaborator: Collaborator) => void;
  onRemove: (collaborator: Collaborator) => void;
};

export function CollaboratorsTable({ collaborators, userId, isAdmin, onChange, onRemove }: CollaboratorsTableProps) {
  return (
    <TableContainer className="cl-table">
      <Table size="lg" aria-label="Collaborators">
        <TableHead>
          <TableRow>
            <TableHeader>Name</TableHeader>
            <TableHeader>Role</TableHeader>
            <TableHeader>Added</TableHeader>
            {isAdmin && (
              <TableHeader>
                <span className="cl-visually-hidden">Actions</span>
              </TableHeader>
            )}
          </TableRow>
        </TableHead>
        <TableBody>
          {collaborators.map((collaborator) => (
            <TableRow key={collaborator.userId}>
              <TableCell className="cl-table__cell cl-table__cell--name">
                <MemberName member={collaborator} isOneself={collaborator.userId === userId} />
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Role">
                {projectRoleWords[collaborator.role]}
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Added">
                {formatDay(collaborator.createdAt)}
              </TableCell>
              {isAdmin && (
                <TableCell className="cl-table__cell cl-table__cell--actions">
                  <OverflowMenu
                    aria-label={`Actions for ${collaborator.name}`}
                    iconDescription={`Actions for ${collaborator.name}`}
                    flipped
                    size="md"
                  >
                    <OverflowMenuItem itemText="Change role …" onClick={() => onChange(collaborator)} />
                    <OverflowMenuItem itemText="Remove …" isDelete hasDivider onClick={() => onRemove(collaborator)} />
                  </OverflowMenu>
                </TableCell>
              )}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
