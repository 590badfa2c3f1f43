import { SkeletonText } from '@carbon/react';
import { toApiError } from '../../app/api/client.ts';
import { useProfile } from '../../app/api/profile.ts';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { PasskeysSection } from './passkeys-section.tsx';
import { PasswordSection } from './password-section.tsx';
import { ProfileSection } from './profile-section.tsx';
import { SessionsSection } from './sessions-section.tsx';
import { TwoFactorSection } from './two-factor-section.tsx';

/** Everything that people decide about themselves. */
export function SettingsPage() {
  const { data: profile, error, isPending, refetch } = useProfile();
  return (
    <Page title="Your settings" lead="Who you are here, and how you sign in.">
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={8} />}
      {profile !== undefined && (
        <div className="cl-settings">
          <ProfileSection profile={profile} />
          <PasswordSection profile={profile} />
          <TwoFactorSection profile={profile} />
          <PasskeysSection profile={profile} />
          <SessionsSection />
        </div>
      )}
    </Page>
  );
}
