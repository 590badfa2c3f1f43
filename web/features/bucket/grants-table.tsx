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
import type { BucketGrant } from '../../../contract/app/index.ts';
import { formatDay } from '../../components/format.ts';
import { MemberName } from '../../components/member-name.tsx';
import { bucketAccessWords } from '../../components/project-roles.ts';

type GrantsTableProps = {
  grants: readonly BucketGrant[];
  userId: string | undefined;
  isAdmin: boolean;
  onChange: (grant: BucketGrant) => void;
  onRevoke: (grant: BucketGrant) => void;
};

export function GrantsTable({ grants, userId, isAdmin, onChange, onRevoke }: GrantsTableProps) {
  return (
    <TableContainer className="cl-table">
      <Table size="lg" aria-label="Bucket grants">
        <TableHead>
          <TableRow>
            <TableHeader>Name</TableHeader>
            <TableHeader>Access</TableHeader>
            <TableHeader>Granted</TableHeader>
            {isAdmin && (
              <TableHeader>
                <span className="cl-visually-hidden">Actions</span>
              </TableHeader>
            )}
          </TableRow>
        </TableHead>
        <TableBody>
          {grants.map((grant) => (
            <TableRow key={grant.userId}>
              <TableCell className="cl-table__cell cl-table__cell--name">
                <MemberName member={grant} isOneself={grant.userId === userId} />
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Access">
                {bucketAccessWords[grant.access]}
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Granted">
                {formatDay(grant.createdAt)}
              </TableCell>
              {isAdmin && (
                <TableCell className="cl-table__cell cl-table__cell--actions">
                  <OverflowMenu
                    aria-label={`Actions for the grant of ${grant.name}`}
                    iconDescription={`Actions for the grant of ${grant.name}`}
                    flipped
                    size="md"
                  >
                    <OverflowMenuItem itemText="Change access …" onClick={() => onChange(grant)} />
                    <OverflowMenuItem itemText="Revoke …" isDelete hasDivider onClick={() => onRevoke(grant)} />
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
