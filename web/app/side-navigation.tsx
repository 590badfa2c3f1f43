import {
  Bot,
  Catalog,
  Chat,
  Collaborate,
  DataBase,
  Enterprise,
  EventSchedule,
  Export,
  Folder,
  FolderShared,
  Idea,
  Locked,
  MachineLearningModel,
  Password,
  Security,
  TrashCan,
  UserMultiple,
} from '@carbon/icons-react';
import { SideNavItems, SideNavLink } from '@carbon/react';
import { type ComponentType, type ReactNode, useId } from 'react';
import { Link, useLocation } from 'react-router-dom';
import type { Project, Session } from '../../contract/app/index.ts';
import { managesPeople, readsAuditLog } from './account-roles.ts';
import { useGrantedBuckets } from './api/bucket.ts';
import { useProjects } from './api/projects.ts';

type Role = Session['user']['role'];
type Entry = {
  label: string;
  path: string;
  icon: ComponentType;
  /** Whose roles let them; absent: everybody. The server refuses the others in any case. */
  isFor?: (role: Role) => boolean;
  /** Whether paths below belong to the entry too. */
  hasPagesBelow?: boolean;
};

const projectsEntry: Entry = { label: 'Projects', path: '/projects', icon: Folder };
/** Pages of the project that is open. */
const projectEntries = (projectId: string): readonly Entry[] => [
  { label: 'Prompt Lab', path: `/projects/${projectId}/lab`, icon: Chat, hasPagesBelow: true },
  { label: 'Assets', path: `/projects/${projectId}/assets`, icon: Catalog },
  { label: 'Samples', path: `/projects/${projectId}/samples`, icon: Idea },
];
const manageEntries = (projectId: string, role: Project['role'] | undefined): readonly Entry[] => [
  { label: 'Collaborators', path: `/projects/${projectId}/collaborators`, icon: Collaborate },
  { label: 'Storage', path: `/projects/${projectId}/storage`, icon: DataBase },
  { label: 'Keys', path: `/projects/${projectId}/keys`, icon: Locked },
  ...(role === 'admin'
    ? [
        { label: 'Export and import', path: `/projects/${projectId}/export`, icon: Export },
        { label: 'Delete project', path: `/projects/${projectId}/delete`, icon: TrashCan },
      ]
    : []),
];
/** For those who were granted one: its project may be none of theirs. */
const bucketsEntry: Entry = { label: 'Shared buckets', path: '/buckets', icon: FolderShared };
const generalEntries: readonly Entry[] = [
  { label: 'Models', path: '/models', icon: MachineLearningModel },
  { label: 'API keys', path: '/api-keys', icon: Password },
];
const accountEntries: readonly Entry[] = [
  { label: 'People', path: '/people', icon: UserMultiple },
  { label: 'Service IDs', path: '/service-ids', icon: Bot, isFor: managesPeople, hasPagesBelow: true },
  { label: 'Account settings', path: '/account', icon: Enterprise, isFor: managesPeople },
  { label: 'Encryption key', path: '/account/key', icon: Security, isFor: managesPeople, hasPagesBelow: true },
  { label: 'Audit log', path: '/audit-log', icon: EventSchedule, isFor: readsAuditLog },
];

/** The way to each page; those that manage the open project and the account come last, under headings of their own. */
export function SideNavigation({ role, projectId }: { role: Role; projectId: string | undefined }) {
  const { pathname } = useLocation();
  const { data: projects } = useProjects();
  const { data: buckets = [] } = useGrantedBuckets();
  const project = projects?.find(({ id }) => id === projectId);
  const isInProject = projects === undefined || project !== undefined;
  const link = ({ label, path, icon, hasPagesBelow }: Entry) => (
    <SideNavLink
      key={path}
      as={Link}
      to={path}
      aria-label={label}
      renderIcon={icon}
      isActive={pathname === path || (hasPagesBelow === true && pathname.startsWith(`${path}/`))}
    >
      {label}
    </SideNavLink>
  );
  const links = (entries: readonly Entry[]) => entries.filter(({ isFor }) => isFor?.(role) ?? true).map(link);
  return (
    <SideNavItems>
      {link(projectsEntry)}
      {projectId !== undefined && isInProject && links(projectEntries(projectId))}
      {buckets.length > 0 && link(bucketsEntry)}
      {links(generalEntries)}
      {projectId !== undefined && isInProject && (
        <Group title="Manage project">{links(manageEntries(projectId, project?.role))}</Group>
      )}
      <Group title="Account">{links(accountEntries)}</Group>
    </SideNavItems>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  const titleId = useId();
  return (
    <li className="cl-nav-group">
      <p className="cl-nav-group__title" id={titleId}>
        {title}
      </p>
      <ul aria-labelledby={titleId}>{children}</ul>
    </li>
  );
}
