import { useParams } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { KeyNotice } from '../../components/key-notice.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { AssetsSection } from './assets-section.tsx';
import { UploadSection } from './upload-section.tsx';

/** Nothing is asked for before the role is known: whoever has none causes no refused call. */
export function AssetsPage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  return <Assets key={projectId} project={project} />;
}

/** What is saved in a project, whatever it is: found by what people say of it, never by its content. */
function Assets({ project }: { project: Project }) {
  const mayWrite = project.role !== 'viewer';
  return (
    <Page
      title="Assets"
      lead={
        <>
          What is saved in <strong>{project.name}</strong>. Names, descriptions and tags are metadata, which everybody
          in the project sees; each content is sealed with a key of its own.
        </>
      }
    >
      <KeyNotice projectId={project.id} />
      {!mayWrite && (
        <p className="cl-note">
          You are a Viewer of this project: you see what is saved in it and open nothing. An Admin can make you an
          Editor.
        </p>
      )}
      {mayWrite && <UploadSection projectId={project.id} />}
      <AssetsSection project={project} mayWrite={mayWrite} />
    </Page>
  );
}
