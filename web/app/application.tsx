import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { createBrowserRouter, Navigate, Outlet, RouterProvider } from 'react-router-dom';
import { LivePhrases } from '../components/live-phrases.tsx';
import { PageProblem } from '../components/page-problem.tsx';
import { PageWaiting } from '../components/page-waiting.tsx';
import { InvitationPage } from '../features/sign-in/invitation-page.tsx';
import { PasswordResetPage } from '../features/sign-in/password-reset-page.tsx';
import { SetUpPage } from '../features/sign-in/set-up-page.tsx';
import { SignInPage } from '../features/sign-in/sign-in-page.tsx';
import { ApiError } from './api/client.ts';
import { NotFoundPage } from './not-found-page.tsx';
import { PageFault } from './page-fault.tsx';
import { SessionProvider, useSession } from './session.tsx';
import { Shell } from './shell.tsx';
import { ThemeProvider } from './theme.tsx';

const ProjectsPage = lazy(() =>
  import('../features/projects/projects-page.tsx').then((m) => ({ default: m.ProjectsPage })),
);
const PromptLabPage = lazy(() =>
  import('../features/prompt-lab/prompt-lab-page.tsx').then((m) => ({ default: m.PromptLabPage })),
);
const SessionPage = lazy(() =>
  import('../features/prompt-lab/sessions/session-page.tsx').then((m) => ({ default: m.SessionPage })),
);
const AssetsPage = lazy(() => import('../features/assets/assets-page.tsx').then((m) => ({ default: m.AssetsPage })));
const SamplesPage = lazy(() =>
  import('../features/samples/samples-page.tsx').then((m) => ({ default: m.SamplesPage })),
);
const CollaboratorsPage = lazy(() =>
  import('../features/collaborators/collaborators-page.tsx').then((m) => ({ default: m.CollaboratorsPage })),
);
const StoragePage = lazy(() => import('../features/bucket/storage-page.tsx').then((m) => ({ default: m.StoragePage })));
const BucketsPage = lazy(() => import('../features/bucket/buckets-page.tsx').then((m) => ({ default: m.BucketsPage })));
const ProjectKeyPage = lazy(() =>
  import('../features/keys/project-key-page.tsx').then((m) => ({ default: m.ProjectKeyPage })),
);
const AccountKeyPage = lazy(() =>
  import('../features/keys/account-key-page.tsx').then((m) => ({ default: m.AccountKeyPage })),
);
const RootKeyPage = lazy(() => import('../features/keys/root-key-page.tsx').then((m) => ({ default: m.RootKeyPage })));
const ExportPage = lazy(() => import('../features/export/export-page.tsx').then((m) => ({ default: m.ExportPage })));
const DeleteProjectPage = lazy(() =>
  import('../features/projects/delete-project-page.tsx').then((m) => ({ default: m.DeleteProjectPage })),
);
const AuditPage = lazy(() => import('../features/audit/audit-page.tsx').then((m) => ({ default: m.AuditPage })));
const ModelsPage = lazy(() => import('../features/models/models-page.tsx').then((m) => ({ default: m.ModelsPage })));
const ApiKeysPage = lazy(() =>
  import('../features/api-keys/api-keys-page.tsx').then((m) => ({ default: m.ApiKeysPage })),
);
const ServiceIdsPage = lazy(() =>
  import('../features/service-ids/service-ids-page.tsx').then((m) => ({ default: m.ServiceIdsPage })),
);
const ServiceIdPage = lazy(() =>
  import('../features/service-ids/service-id-page.tsx').then((m) => ({ default: m.ServiceIdPage })),
);
const SettingsPage = lazy(() =>
  import('../features/settings/settings-page.tsx').then((m) => ({ default: m.SettingsPage })),
);
const PeoplePage = lazy(() => import('../features/people/people-page.tsx').then((m) => ({ default: m.PeoplePage })));
const AccountPage = lazy(() =>
  import('../features/account/account-page.tsx').then((m) => ({ default: m.AccountPage })),
);

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => count < 2 && error instanceof ApiError && error.problem.status === 0,
    },
  },
});

const router = createBrowserRouter([
  { path: '/setup', element: <SetUpPage /> },
  { path: '/sign-in', element: <SignInPage /> },
  { path: '/invitation', element: <InvitationPage /> },
  { path: '/password-reset', element: <PasswordResetPage /> },
  {
    element: <SignedInOnly />,
    errorElement: <PageFault />,
    // Within the shell, so that the way to the other pages stays.
    children: [
      {
        errorElement: <PageFault />,
        children: [
          { path: '/', element: <Navigate to="/projects" replace /> },
          { path: '/projects', element: <ProjectsPage /> },
          { path: '/projects/:projectId', element: <Navigate to="lab" replace /> },
          { path: '/projects/:projectId/lab', element: <PromptLabPage /> },
          { path: '/projects/:projectId/lab/:templateId', element: <PromptLabPage /> },
          { path: '/projects/:projectId/sessions/:sessionId', element: <SessionPage /> },
          { path: '/projects/:projectId/assets', element: <AssetsPage /> },
          { path: '/projects/:projectId/samples', element: <SamplesPage /> },
          { path: '/projects/:projectId/collaborators', element: <CollaboratorsPage /> },
          { path: '/projects/:projectId/storage', element: <StoragePage /> },
          { path: '/projects/:projectId/bucket', element: <Navigate to="../storage" relative="path" replace /> },
          { path: '/projects/:projectId/keys', element: <ProjectKeyPage /> },
          { path: '/projects/:projectId/export', element: <ExportPage /> },
          { path: '/projects/:projectId/delete', element: <DeleteProjectPage /> },
          { path: '/buckets', element: <BucketsPage /> },
          { path: '/models', element: <ModelsPage /> },
          { path: '/api-keys', element: <ApiKeysPage /> },
          { path: '/settings', element: <SettingsPage /> },
          { path: '/people', element: <PeoplePage /> },
          { path: '/service-ids', element: <ServiceIdsPage /> },
          { path: '/service-ids/:serviceId', element: <ServiceIdPage /> },
          { path: '/account', element: <AccountPage /> },
          { path: '/account/key', element: <AccountKeyPage /> },
          { path: '/account/key/root-key', element: <RootKeyPage /> },
          { path: '/audit-log', element: <AuditPage /> },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);

export function Application() {
  return (
    <QueryClientProvider client={queryClient}>
      <ThemeProvider>
        <SessionProvider>
          <LivePhrases>
            <RouterProvider router={router} />
          </LivePhrases>
        </SessionProvider>
      </ThemeProvider>
    </QueryClientProvider>
  );
}

function SignedInOnly() {
  const { session, error, refresh } = useSession();
  if (session === null) return <Navigate to="/sign-in" replace />;
  if (session === undefined)
    return error === undefined ? <PageWaiting /> : <PageProblem error={error} retry={refresh} />;
  return (
    // Another person starts with pages of their own, without what the last one left in fields and dialogs.
    <Shell key={session.user.id} session={session}>
      <Suspense fallback={<PageWaiting />}>
        <Outlet />
      </Suspense>
    </Shell>
  );
}
