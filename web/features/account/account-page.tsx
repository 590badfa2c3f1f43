import { SkeletonText } from '@carbon/react';
import { managesPeople } from '../../app/account-roles.ts';
import { toApiError } from '../../app/api/client.ts';
import { useAccount, useRenameAccount } from '../../app/api/people.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSession } from '../../app/session.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { formatDay } from '../../components/format.ts';
import { NameForm } from '../../components/name-form.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';

export function AccountPage() {
  const { session } = useSession();
  return session != null && managesPeople(session.user.role) ? <AccountSettings /> : <NotFoundPage />;
}

function AccountSettings() {
  const { refresh } = useSession();
  const { data: account, error, isPending, refetch } = useAccount();
  const rename = useRenameAccount();
  return (
    <Page title="Account settings" lead="What holds for everybody in the account.">
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {account !== undefined && (
        <div className="cl-settings">
          <SettingsSection
            title="Account"
            text="An organisation or department of its own. Nothing crosses from one account into another."
          >
            <NameForm
              id="account-name"
              label="Name"
              helperText="Everybody in it sees the name, and so does whoever is invited."
              autoComplete="organization"
              name={account.name}
              save={async (name) => {
                await rename.mutateAsync(name);
                refresh();
              }}
            />
            <FactList facts={[['Created', formatDay(account.createdAt)]]} />
          </SettingsSection>
        </div>
      )}
    </Page>
  );
}
