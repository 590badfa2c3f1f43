import { SkeletonText } from '@carbon/react';
import { Link, useParams } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useKeyStatus } from '../../app/api/keys.ts';
import { useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { KeyStateNotice } from './key-state-notice.tsx';
import { KeyView } from './key-view.tsx';

/** Which key wraps the keys of the project. Everybody in it reads that; its Admins decide it. */
export function ProjectKeyPage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  return <ProjectKey key={projectId} project={project} />;
}

function ProjectKey({ project }: { project: Project }) {
  const place = { projectId: project.id };
  const { data: status, error, isPending, refetch } = useKeyStatus(place);
  const isAdmin = project.role === 'admin';
  return (
    <Page
      title="Keys"
      lead={
        <>
          Everything saved in <strong>{project.name}</strong> is sealed by keys of the project, and those are wrapped by
          one key at a provider: without it no copy of anything opens.
        </>
      }
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={8} />}
      {status !== undefined && (
        <>
          <KeyStateNotice status={status} of="project" />
          <KeyView place={place} name={project.name} id={project.id} status={status} mayManage={isAdmin} />
          {status.kind === 'local' && (
            <p className="cl-section__text">
              <Link to="/account/key/root-key">What the local root key protects against, and what not</Link>
            </p>
          )}
          {!isAdmin && <p className="cl-note">Only Admins of the project change its key.</p>}
        </>
      )}
    </Page>
  );
}
