import { Add } from '@carbon/icons-react';
import { Button, OverflowMenu, OverflowMenuItem, SkeletonText, Tag } from '@carbon/react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import { createsProjects } from '../../app/account-roles.ts';
import { toApiError } from '../../app/api/client.ts';
import { useProjects } from '../../app/api/projects.ts';
import { useSession } from '../../app/session.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { formatDay } from '../../components/format.ts';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { projectRoleWords } from '../../components/project-roles.ts';
import { ProjectDialog } from './project-dialog.tsx';

type Open = { kind: 'create' } | { kind: 'rename'; project: Project };

export function ProjectsPage() {
  const { data: projects, error, isPending, refetch } = useProjects();
  const role = useSession().session?.user.role;
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const create = role !== undefined && createsProjects(role) && (
    <Button renderIcon={Add} onClick={() => setOpen({ kind: 'create' })}>
      New project
    </Button>
  );

  return (
    <Page
      title="Projects"
      lead="A project keeps saved work apart: its own bucket, its own key, its own people."
      actions={projects !== undefined && projects.length > 0 ? create : undefined}
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && (
        <div className="cl-tiles" aria-busy="true">
          {[1, 2, 3].map((place) => (
            <div className="cl-tile" key={place}>
              <SkeletonText heading />
              <SkeletonText paragraph lineCount={2} />
            </div>
          ))}
        </div>
      )}
      {projects?.length === 0 &&
        (create === false ? (
          <EmptyState title="You are in no project">
            <p>An Admin of a project can add you to it. Your role in the account does not let you create one.</p>
          </EmptyState>
        ) : (
          <EmptyState title="Begin with a project" action={create}>
            <p>
              You write and run prompts in a project's Prompt Lab. What you save there is sealed with the project's own
              key, and only its Admins and Editors, and those who were granted its bucket, can open it.
            </p>
          </EmptyState>
        ))}
      {projects !== undefined && projects.length > 0 && (
        <ul className="cl-tiles">
          {projects.map((project) => (
            <ProjectTile
              key={project.id}
              project={project}
              onRename={() => setOpen({ kind: 'rename', project })}
              onDelete={() => navigate(`/projects/${project.id}/delete`)}
            />
          ))}
        </ul>
      )}
      {open?.kind === 'create' && <ProjectDialog onClose={close} />}
      {open?.kind === 'rename' && <ProjectDialog project={open.project} onClose={close} />}
    </Page>
  );
}

type ProjectTileProps = { project: Project; onRename: () => void; onDelete: () => void };

function ProjectTile({ project, onRename, onDelete }: ProjectTileProps) {
  return (
    <li className="cl-tile">
      <div className="cl-tile__head">
        <h2 className="cl-tile__title">
          <Link to={`/projects/${project.id}/lab`} className="cl-tile__link">
            {project.name}
          </Link>
        </h2>
        {project.role === 'admin' && (
          <OverflowMenu
            aria-label={`Actions for ${project.name}`}
            iconDescription={`Actions for ${project.name}`}
            flipped
            size="md"
          >
            <OverflowMenuItem itemText="Rename …" onClick={onRename} />
            <OverflowMenuItem itemText="Delete …" isDelete hasDivider onClick={onDelete} />
          </OverflowMenu>
        )}
      </div>
      <p className="cl-tile__text">{project.description === '' ? 'No description' : project.description}</p>
      <p className="cl-tile__foot">
        <Tag size="sm" type="gray">
          {projectRoleWords[project.role]}
        </Tag>
        <span>Created {formatDay(project.createdAt)}</span>
      </p>
    </li>
  );
}
