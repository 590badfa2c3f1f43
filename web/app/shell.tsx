import { Chat, Folder, MachineLearningModel, Password } from '@carbon/icons-react';
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
  SideNavItems,
  SideNavLink,
  SkipToContent,
  Theme,
} from '@carbon/react';
import { type ReactNode, useEffect } from 'react';
import { Link, useLocation, useMatch, useNavigate } from 'react-router-dom';
import type { Session } from '../../contract/app/index.ts';
import { AccountMenu } from './account-menu.tsx';
import { useProjects } from './api/projects.ts';
import { SessionEndWarning } from './session-end-warning.tsx';

/** The frame around every page: product name, project switcher, account menu, and the way to each page. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const { pathname } = useLocation();
  const projectId = useMatch('/projects/:projectId/*')?.params.projectId;
  const isLab = projectId !== undefined;

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
                <SideNavItems>
                  <SideNavLink
                    as={Link}
                    to="/projects"
                    aria-label="Projects"
                    renderIcon={Folder}
                    isActive={pathname === '/projects'}
                  >
                    Projects
                  </SideNavLink>
                  {projectId !== undefined && (
                    <SideNavLink
                      as={Link}
                      to={`/projects/${projectId}/lab`}
                      aria-label="Prompt Lab"
                      renderIcon={Chat}
                      isActive={isLab}
                    >
                      Prompt Lab
                    </SideNavLink>
                  )}
                  <SideNavLink
                    as={Link}
                    to="/models"
                    aria-label="Models"
                    renderIcon={MachineLearningModel}
                    isActive={pathname === '/models'}
                  >
                    Models
                  </SideNavLink>
                  <SideNavLink
                    as={Link}
                    to="/api-keys"
                    aria-label="API keys"
                    renderIcon={Password}
                    isActive={pathname === '/api-keys'}
                  >
                    API keys
                  </SideNavLink>
                </SideNavItems>
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
