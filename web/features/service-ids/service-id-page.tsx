import { Add } from '@carbon/icons-react';
import { Button, SkeletonText, Tag } from '@carbon/react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import type { ServiceId } from '../../../contract/app/index.ts';
import { managesPeople } from '../../app/account-roles.ts';
import { useApiKeys } from '../../app/api/api-keys.ts';
import { toApiError } from '../../app/api/client.ts';
import { useServiceIds } from '../../app/api/service-ids.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSession } from '../../app/session.tsx';
import { ApiKeyDialogs, type OpenApiKeyDialog } from '../../components/api-keys/api-key-dialogs.tsx';
import { ApiKeyTable } from '../../components/api-keys/api-key-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { formatDay } from '../../components/format.ts';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { DeleteServiceIdDialog, ServiceIdDialog, SuspendServiceIdDialog } from './service-id-dialogs.tsx';

/** One service ID and its keys. */
export function ServiceIdPage() {
  const { serviceId } = useParams();
  const { session } = useSession();
  const { data: serviceIds, error, refetch } = useServiceIds();
  if (session == null || !managesPeople(session.user.role)) return <NotFoundPage />;
  if (error !== null) return <PageProblem error={toApiError(error)} retry={() => void refetch()} />;
  if (serviceIds === undefined) return <PageWaiting />;
  const found = serviceIds.find(({ id }) => id === serviceId);
  return found === undefined ? <NotFoundPage /> : <ServiceIdView key={found.id} serviceId={found} />;
}

type Open = 'change' | 'suspend' | 'delete';

function ServiceIdView({ serviceId }: { serviceId: ServiceId }) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <Page
      title="Service ID"
      heading={serviceId.name}
      back={<Link to="/service-ids">Service IDs</Link>}
      lead={
        <>
          {serviceId.isSuspended && (
            <Tag size="sm" type="red">
              Suspended
            </Tag>
          )}
          {serviceId.description} Created on {formatDay(serviceId.createdAt)}.
        </>
      }
      actions={
        <div className="cl-buttons">
          <Button kind="ghost" size="md" onClick={() => setOpen('change')}>
            Rename or describe
          </Button>
          <Button kind="tertiary" size="md" onClick={() => setOpen('suspend')}>
            {serviceId.isSuspended ? 'Resume' : 'Suspend'}
          </Button>
          <Button kind="danger--tertiary" size="md" onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </div>
      }
    >
      <Keys serviceId={serviceId} />
      {open === 'change' && <ServiceIdDialog serviceId={serviceId} onClose={close} />}
      {open === 'suspend' && <SuspendServiceIdDialog serviceId={serviceId} onClose={close} />}
      {open === 'delete' && (
        <DeleteServiceIdDialog
          serviceId={serviceId}
          onDeleted={() => navigate('/service-ids', { replace: true })}
          onClose={close}
        />
      )}
    </Page>
  );
}

function Keys({ serviceId }: { serviceId: ServiceId }) {
  const owner = { serviceId: serviceId.id };
  const { data: keys, error, isPending, refetch } = useApiKeys(owner);
  const [open, setOpen] = useState<OpenApiKeyDialog>();
  const create = (
    <Button renderIcon={Add} size="md" onClick={() => setOpen({ kind: 'create' })}>
      New API key
    </Button>
  );
  return (
    <section aria-labelledby="keys-of-service-id">
      <div className="cl-section__head">
        <h2 className="cl-section__title" id="keys-of-service-id">
          API keys
        </h2>
        {keys !== undefined && keys.length > 0 && create}
      </div>
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={3} />}
      {keys?.length === 0 && (
        <EmptyState title="No API key yet" action={create}>
          <p>The program signs in with it. In a project it may do what the service ID's role there lets it.</p>
        </EmptyState>
      )}
      {keys !== undefined && keys.length > 0 && (
        <ApiKeyTable
          keys={keys}
          onRotate={(apiKey) => setOpen({ kind: 'rotate', apiKey })}
          onDelete={(apiKey) => setOpen({ kind: 'delete', apiKey })}
        />
      )}
      <ApiKeyDialogs owner={owner} open={open} onClose={() => setOpen(undefined)} />
    </section>
  );
}
