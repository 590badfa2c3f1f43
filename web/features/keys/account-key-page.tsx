import { SkeletonText } from '@carbon/react';
import { managesPeople } from '../../app/account-roles.ts';
import { toApiError } from '../../app/api/client.ts';
import { useKeyStatus } from '../../app/api/keys.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSession } from '../../app/session.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { KeyStateNotice } from './key-state-notice.tsx';
import { KeyView } from './key-view.tsx';
import { ProvidersSection } from './providers-section.tsx';

/** Which key wraps the keys of the account's projects, where a project did not choose its own. For administrators of the account. */
export function AccountKeyPage() {
  const { session } = useSession();
  return session != null && managesPeople(session.user.role) ? (
    <AccountKey account={session.account} />
  ) : (
    <NotFoundPage />
  );
}

function AccountKey({ account }: { account: { id: string; name: string } }) {
  const { data: status, error, isPending, refetch } = useKeyStatus('account');
  return (
    <Page
      title="Encryption key"
      lead={
        <>
          The key that wraps the keys of all projects of <strong>{account.name}</strong> that chose no key of their own.
        </>
      }
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={8} />}
      {status !== undefined && (
        <>
          <KeyStateNotice status={status} of="account" />
          <KeyView place="account" name={account.name} id={account.id} status={status} mayManage />
        </>
      )}
      <ProvidersSection />
    </Page>
  );
}
