import { useParams } from 'react-router-dom';
import { toApiError } from '../../app/api/client.ts';
import { useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { ExportSection } from './export-section.tsx';
import { ImportSection } from './import-section.tsx';

/** A whole project, out as a file and in from one. For its Admins. */
export function ExportPage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  if (project.role !== 'admin') return <NotFoundPage />;
  return (
    <Page
      title="Export and import"
      lead={
        <>
          What is in <strong>{project.name}</strong> is yours: take it away, or bring another project's in. The audit
          log records both.
        </>
      }
    >
      <div className="cl-settings" key={projectId}>
        <ExportSection projectId={projectId} />
        <ImportSection projectId={projectId} />
      </div>
    </Page>
  );
}
