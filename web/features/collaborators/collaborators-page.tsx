import { Add } from '@carbon/icons-react';
import { Button, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import { useParams } from 'react-router-dom';
import type { Collaborator, Project } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useCollaborators } from '../../app/api/collaborators.ts';
import { useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSession } from '../../app/session.tsx';
import { Meanings } from '../../components/meanings.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { projectRoleMeanings, projectRoles, projectRoleWords } from '../../components/project-roles.ts';
import { AddCollaboratorsDialog } from './add-collaborators-dialog.tsx';
import { ChangeRoleDialog } from './change-role-dialog.tsx';
import { CollaboratorsTable } from './collaborators-table.tsx';
import { RemoveCollaboratorDialog } from './remove-collaborator-dialog.tsx';

type Open = { kind: 'add' } | { kind: 'change' | 'remove'; collaborator: Collaborator };

/** Nothing is asked for before the role is known: whoever has none causes no refused call. */
export function CollaboratorsPage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  return <Collaborators key={projectId} project={project} />;
}

/** Who is in the project and what they may do there. Admins decide it; the others read it, and may leave. */
function Collaborators({ project }: { project: Project }) {
  const projectId = project.id;
  const { data: collaborators, error, isPending, refetch } = useCollaborators(projectId);
  const userId = useSession().session?.user.id;
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);

  const isAdmin = project.role === 'admin';
  const oneself = collaborators?.find((collaborator) => collaborator.userId === userId);
  return (
    <Page
      title="Collaborators"
      lead={
        <>
          The people and service IDs of <strong>{project.name}</strong>. Nobody else sees that it exists, whatever their
          role in the account.
        </>
      }
      actions={
        isAdmin && collaborators !== undefined ? (
          <Button renderIcon={Add} onClick={() => setOpen({ kind: 'add' })}>
            Add collaborators
          </Button>
        ) : oneself !== undefined ? (
          <Button kind="tertiary" onClick={() => setOpen({ kind: 'remove', collaborator: oneself })}>
            Leave project
          </Button>
        ) : undefined
      }
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {collaborators !== undefined && (
        <CollaboratorsTable
          collaborators={collaborators}
          userId={userId}
          isAdmin={isAdmin}
          onChange={(collaborator) => setOpen({ kind: 'change', collaborator })}
          onRemove={(collaborator) => setOpen({ kind: 'remove', collaborator })}
        />
      )}
      <section className="cl-section">
        <h2 className="cl-section__title">What the roles mean</h2>
        <Meanings options={projectRoles} words={projectRoleWords} meanings={projectRoleMeanings} />
        <p className="cl-section__text">
          {isAdmin
            ? 'A project always has an Admin. Access to its storage bucket is given apart from these roles.'
            : 'Only Admins of the project change who is in it. Access to its storage bucket is given apart from these roles.'}
        </p>
      </section>
      {open?.kind === 'add' && (
        <AddCollaboratorsDialog projectId={projectId} present={collaborators ?? []} onClose={close} />
      )}
      {open?.kind === 'change' && (
        <ChangeRoleDialog
          projectId={projectId}
          collaborator={open.collaborator}
          isOneself={open.collaborator.userId === userId}
          onClose={close}
        />
      )}
      {open?.kind === 'remove' && (
        <RemoveCollaboratorDialog
          projectId={projectId}
          collaborator={open.collaborator}
          isOneself={open.collaborator.userId === userId}
          onClose={close}
        />
      )}
    </Page>
  );
}
