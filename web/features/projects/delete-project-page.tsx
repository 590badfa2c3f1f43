import { Button, InlineLoading, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import { useBucketGrants, useBucketSummary } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { useCollaborators } from '../../app/api/collaborators.ts';
import { useKeyStatus } from '../../app/api/keys.ts';
import { useProjectChanges, useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { DeletionReceipt } from '../../components/deletion-receipt.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { formatBytes, formatCount } from '../../components/format.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { TypedName } from '../../components/typed-name.tsx';
import { useSubmit } from '../../components/use-submit.ts';

type Deleted = { readonly id: string; readonly name: string; readonly receipt: string };

/** Deletes a project for good, and hands out the receipt, which stays on the page when the project is gone. */
export function DeleteProjectPage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  const [deleted, setDeleted] = useState<Deleted>();
  if (deleted?.id === projectId) return <DeletedProject deleted={deleted} />;
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  if (project.role !== 'admin') return <NotFoundPage />;
  return (
    <DeleteProject
      key={projectId}
      project={project}
      onDeleted={(receipt) => setDeleted({ id: projectId, name: project.name, receipt })}
    />
  );
}

function DeletedProject({ deleted: { id, name, receipt } }: { deleted: Deleted }) {
  return (
    <Page title="Project deleted" back={<Link to="/projects">Projects</Link>}>
      <DeletionReceipt
        title="Deleted."
        text={`${name} is gone, with its keys: no copy of its bucket can be opened again.`}
        receipt={receipt}
        id={id}
      />
    </Page>
  );
}

function DeleteProject({ project, onDeleted }: { project: Project; onDeleted: (receipt: string) => void }) {
  const { remove } = useProjectChanges();
  const { isBusy, error, submit } = useSubmit();
  const [typed, setTyped] = useState('');
  const say = useSay();
  const isConfirmed = typed === project.name;

  async function destroy() {
    const { receipt } = await remove.mutateAsync(project.id);
    say('Project deleted');
    onDeleted(receipt);
  }

  return (
    <Page
      title="Delete project"
      lead={
        <>
          Destroys everything that <strong>{project.name}</strong> has, for everybody and for good.
        </>
      }
    >
      <WhatIsDestroyed projectId={project.id} />
      <section className="cl-section">
        <h2 className="cl-section__title">In this order</h2>
        <ol className="cl-numbered">
          <li>
            The project's keys, and in the same step names, descriptions, roles and grants. From then on no copy of the
            bucket can be read.
          </li>
          <li>The keys in the server's memory.</li>
          <li>The bucket with all its objects.</li>
        </ol>
        <p className="cl-section__text">
          You get a signed receipt, and the audit log keeps that the project was deleted, when and by whom. A backup of
          the database from before holds the project's wrapped keys for as long as you keep it. Where that matters,
          delete those backups too, or destroy the key that wraps them at its provider.
        </p>
      </section>
      <section className="cl-section">
        <h2 className="cl-section__title">Delete it</h2>
        <form
          className="cl-form cl-delete"
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            if (isConfirmed) void submit(destroy);
          }}
        >
          <TypedName id="delete-project-name" what="project" name={project.name} typed={typed} onType={setTyped} />
          {error !== undefined && <ProblemNotice error={error} />}
          <div className="cl-buttons">
            <Button type="submit" kind="danger" size="md" disabled={!isConfirmed || isBusy}>
              Delete project
            </Button>
            {isBusy && <InlineLoading description="Destroying the keys, then everything else …" />}
          </div>
        </form>
      </section>
    </Page>
  );
}

/** What goes, in numbers. One that cannot be told is left out: the project can be deleted all the same. */
function WhatIsDestroyed({ projectId }: { projectId: string }) {
  const summary = useBucketSummary(projectId);
  const keys = useKeyStatus({ projectId });
  const grants = useBucketGrants(projectId);
  const collaborators = useCollaborators(projectId);
  const isPending = [summary, keys, grants, collaborators].some((query) => query.isPending);
  const counted = [
    ['Assets', summary.data && formatCount(summary.data.assets)],
    ['Objects in the bucket', summary.data && formatCount(summary.data.objects)],
    ['Their sealed size', summary.data && formatBytes(summary.data.sealedBytes)],
    ['Keys of the project', keys.data && formatCount(keys.data.projectKeys.total)],
    ['Grants of the bucket', grants.data && formatCount(grants.data.length)],
    ['Collaborators', collaborators.data && formatCount(collaborators.data.length)],
  ] as const;
  const facts = counted.flatMap(([term, value]) => (value === undefined ? [] : [[term, value] as const]));
  const error = [summary, keys, grants, collaborators].find((query) => query.error !== null)?.error ?? undefined;
  return (
    <section aria-labelledby="what-is-destroyed">
      <h2 className="cl-section__title" id="what-is-destroyed">
        What will be destroyed
      </h2>
      {isPending ? <SkeletonText paragraph lineCount={6} /> : <FactList facts={facts} />}
      {error !== undefined && <ProblemNotice error={toApiError(error)} />}
    </section>
  );
}
