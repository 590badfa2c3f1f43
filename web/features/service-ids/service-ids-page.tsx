import { Add } from '@carbon/icons-react';
import { Button, SkeletonText, Tag } from '@carbon/react';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import type { ServiceId } from '../../../contract/app/index.ts';
import { managesPeople } from '../../app/account-roles.ts';
import { toApiError } from '../../app/api/client.ts';
import { useServiceIds } from '../../app/api/service-ids.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSession } from '../../app/session.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { formatDay } from '../../components/format.ts';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Column, RowsTable } from '../../components/rows-table.tsx';
import { ServiceIdDialog } from './service-id-dialogs.tsx';

export function ServiceIdsPage() {
  const { session } = useSession();
  return session != null && managesPeople(session.user.role) ? <ServiceIds /> : <NotFoundPage />;
}

const columns: readonly Column<ServiceId>[] = [
  {
    header: 'Name',
    kind: 'name',
    cell: ({ id, name, description }) => (
      <>
        <Link to={`/service-ids/${id}`}>{name}</Link>
        {description !== '' && <span className="cl-table__second-line">{description}</span>}
      </>
    ),
  },
  {
    header: 'State',
    cell: ({ isSuspended }) =>
      isSuspended ? (
        <Tag size="sm" type="red" className="cl-tag--first">
          Suspended
        </Tag>
      ) : (
        'Works'
      ),
  },
  { header: 'Created', cell: ({ createdAt }) => formatDay(createdAt) },
];

function ServiceIds() {
  const { data: serviceIds, error, isPending, refetch } = useServiceIds();
  const [isCreating, setIsCreating] = useState(false);
  const create = (
    <Button renderIcon={Add} onClick={() => setIsCreating(true)}>
      New service ID
    </Button>
  );
  return (
    <Page
      title="Service IDs"
      lead="For programs that work by themselves and not for one person. A service ID becomes a collaborator of projects as people do, and has API keys of its own."
      actions={serviceIds !== undefined && serviceIds.length > 0 ? create : undefined}
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {serviceIds?.length === 0 && (
        <EmptyState title="No service ID yet" action={create}>
          <p>
            A person's API key ends when the person leaves. Give a program that must go on a service ID, one for each
            program.
          </p>
        </EmptyState>
      )}
      {serviceIds !== undefined && serviceIds.length > 0 && (
        <RowsTable label="Service IDs" columns={columns} rows={serviceIds} rowKey={({ id }) => id} />
      )}
      {isCreating && <ServiceIdDialog onClose={() => setIsCreating(false)} />}
    </Page>
  );
}
