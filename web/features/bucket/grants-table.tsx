import { OverflowMenu, OverflowMenuItem } from '@carbon/react';
import type { BucketGrant } from '../../../contract/app/index.ts';
import { formatDay } from '../../components/format.ts';
import { MemberName } from '../../components/member-name.tsx';
import { bucketAccessWords } from '../../components/project-roles.ts';
import { type Column, RowsTable } from '../../components/rows-table.tsx';

type GrantsTableProps = {
  grants: readonly BucketGrant[];
  userId: string | undefined;
  onChange: (grant: BucketGrant) => void;
  onRevoke: (grant: BucketGrant) => void;
};

export function GrantsTable({ grants, userId, onChange, onRevoke }: GrantsTableProps) {
  const columns: readonly Column<BucketGrant>[] = [
    {
      header: 'Name',
      kind: 'name',
      cell: (grant) => <MemberName member={grant} isOneself={grant.userId === userId} />,
    },
    { header: 'Access', cell: ({ access }) => bucketAccessWords[access] },
    { header: 'Granted', cell: ({ createdAt }) => formatDay(createdAt) },
    {
      header: 'Actions',
      kind: 'actions',
      cell: (grant) => (
        <OverflowMenu
          aria-label={`Actions for the grant of ${grant.name}`}
          iconDescription={`Actions for the grant of ${grant.name}`}
          flipped
          size="md"
        >
          <OverflowMenuItem itemText="Change access …" onClick={() => onChange(grant)} />
          <OverflowMenuItem itemText="Revoke …" isDelete hasDivider onClick={() => onRevoke(grant)} />
        </OverflowMenu>
      ),
    },
  ];
  return <RowsTable label="Bucket grants" columns={columns} rows={grants} rowKey={(grant) => grant.userId} />;
}
