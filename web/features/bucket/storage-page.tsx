import { useParams } from 'react-router-dom';
import { useGrantedBuckets } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { KeyNotice } from '../../components/key-notice.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { GrantsSection } from './grants-section.tsx';
import { ObjectsSection } from './objects-section.tsx';
import { OwnGrant } from './own-grant.tsx';
import { SummarySection } from './summary-section.tsx';

/**
 * A project's storage bucket: who was granted it, and what is in it. Somebody with a grant and no role in the project sees the objects and
 * nothing else of the project.
 */
export function StoragePage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  const buckets = useGrantedBuckets();

  const error = projects.error ?? buckets.error;
  if (error !== null) {
    return (
      <PageProblem error={toApiError(error)} retry={() => void Promise.all([projects.refetch(), buckets.refetch()])} />
    );
  }
  if (!projects.isSuccess || !buckets.isSuccess) return <PageWaiting />;
  const role = projects.data.find((project) => project.id === projectId)?.role;
  const grant = buckets.data.find((bucket) => bucket.projectId === projectId);
  const isFresh = !projects.isFetching && !buckets.isFetching;
  if (role === undefined && grant === undefined) return isFresh ? <NotFoundPage /> : <PageWaiting />;

  const isMember = role === 'admin' || role === 'editor';
  const mayOpen = isMember || grant !== undefined;
  const mayWrite = isMember || grant?.access === 'writer';
  const name = projects.data.find((project) => project.id === projectId)?.name ?? grant?.projectName;
  return (
    <Page
      title="Storage"
      lead={
        <>
          The bucket of <strong>{name}</strong>: what is saved in it, as sealed objects. Each has a key of its own, and
          nobody reads one by looking at the disk.
        </>
      }
    >
      {role !== undefined && <KeyNotice projectId={projectId} />}
      {role !== 'admin' && grant !== undefined && <OwnGrant grant={grant} role={role} />}
      {mayOpen ? (
        <>
          <SummarySection projectId={projectId} />
          <ObjectsSection projectId={projectId} mayWrite={mayWrite} />
        </>
      ) : (
        <p className="cl-note">
          You are a Viewer of this project, so its objects are not yours to see or to open. An Admin can make you an
          Editor, or grant you the bucket.
        </p>
      )}
      {role === 'admin' && <GrantsSection projectId={projectId} />}
    </Page>
  );
}
