import {
  Content,
  Header,
  HeaderContainer,
  HeaderGlobalBar,
  HeaderMenu,
  HeaderMenuButton,
  HeaderMenuItem,
  HeaderName,
  HeaderNavigation,
  SideNav,
  SkipToContent,
  Theme,
} from '@carbon/react';
import { type ReactNode, useEffect } from 'react';
import { Link, useLocation, useMatch, useNavigate } from 'react-router-dom';
import type { Session } from '../../contract/app/index.ts';
import { AccountMenu } from './account-menu.tsx';
import { useProjects } from './api/projects.ts';
import { SessionEndWarning } from './session-end-warning.tsx';
import { SideNavigation } from './side-navigation.tsx';

/** The frame around every page: product name, project switcher, account menu, and the way to each page. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const { pathname } = useLocation();
  const projectId = useMatch('/projects/:projectId/*')?.params.projectId;
  const isLab = useMatch('/projects/:projectId/lab/*') !== null;

  useEffect(() => {
    if (pathname !== '') window.scrollTo(0, 0);
  }, [pathname]);

  return (
    <>
      <HeaderContainer
        render={({ isSideNavExpanded, onClickSideNavExpand }) => (
          <Theme theme="g100">
            <Header aria-label="Cloister">
              <SkipToContent />
              <HeaderMenuButton
                aria-label={isSideNavExpanded ? 'Close menu' : 'Open menu'}
                onClick={onClickSideNavExpand}
                isActive={isSideNavExpanded}
                aria-expanded={isSideNavExpanded}
              />
              <HeaderName as={Link} to="/projects" prefix="">
                Cloister
              </HeaderName>
              <ProjectSwitcher projectId={projectId} />
              <HeaderGlobalBar>
                <AccountMenu session={session} />
              </HeaderGlobalBar>
              <SideNav
                aria-label="Pages"
                expanded={isSideNavExpanded}
                isRail
                isPersistent
                onOverlayClick={onClickSideNavExpand}
                onSideNavBlur={isSideNavExpanded ? onClickSideNavExpand : () => {}}
              >
                <SideNavigation role={session.user.role} projectId={projectId} />
              </SideNav>
            </Header>
          </Theme>
        )}
      />
      <Content id="main-content" className={isLab ? 'cl-content cl-content--lab' : 'cl-content'}>
        <SessionEndWarning session={session} />
        {children}
      </Content>
    </>
  );
}

function ProjectSwitcher({ projectId }: { projectId: string | undefined }) {
  const { data: projects = [] } = useProjects();
  const navigate = useNavigate();
  const current = projects.find((project) => project.id === projectId);
  if (projects.length === 0) return null;
  const label = current?.name ?? 'Open a project';
  return (
    <HeaderNavigation aria-label="Project">
      <HeaderMenu menuLinkName={label} aria-label={`Project: ${label}`}>
        {projects.slice(0, 12).map((project) => (
          <HeaderMenuItem
            key={project.id}
            href={`/projects/${project.id}/lab`}
            isActive={project.id === projectId}
            onClick={(event) => {
              event.preventDefault();
              navigate(`/projects/${project.id}/lab`);
            }}
          >
            {project.name}
          </HeaderMenuItem>
        ))}
      </HeaderMenu>
    </HeaderNavigation>
  );
}
