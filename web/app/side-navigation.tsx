import {
  Bot,
  Chat,
  Collaborate,
  DataBase,
  Enterprise,
  EventSchedule,
  Folder,
  FolderShared,
  MachineLearningModel,
  Password,
  UserMultiple,
} from '@carbon/icons-react';
import { SideNavItems, SideNavLink } from '@carbon/react';
import type { ComponentType } from 'react';
import { Link, useLocation } from 'react-router-dom';
import type { Session } from '../../contract/app/index.ts';
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
  { label: 'Collaborators', path: `/projects/${projectId}/collaborators`, icon: Collaborate },
  { label: 'Storage bucket', path: `/projects/${projectId}/bucket`, icon: DataBase },
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
  { label: 'Audit log', path: '/audit-log', icon: EventSchedule, isFor: readsAuditLog },
];

/** The way to each page; those of the account come last, under a heading of their own. */
export function SideNavigation({ role, projectId }: { role: Role; projectId: string | undefined }) {
  const { pathname } = useLocation();
  const { data: projects } = useProjects();
  const { data: buckets = [] } = useGrantedBuckets();
  const isInProject = projects?.some(({ id }) => id === projectId) ?? true;
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
      <li className="cl-nav-group">
        <p className="cl-nav-group__title" id="account-pages">
          Account
        </p>
        <ul aria-labelledby="account-pages">{links(accountEntries)}</ul>
      </li>
    </SideNavItems>
  );
}
