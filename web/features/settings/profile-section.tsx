import type { Profile } from '../../../contract/app/index.ts';
import { accountRoleMeanings, accountRoleWords } from '../../app/account-roles.ts';
import { useRename } from '../../app/api/profile.ts';
import { useSession } from '../../app/session.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { NameForm } from '../../components/name-form.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';

export function ProfileSection({ profile }: { profile: Profile }) {
  const { session, refresh } = useSession();
  const rename = useRename();
  return (
    <SettingsSection title="Profile" text="Colleagues see your name on what you save.">
      <NameForm
        id="profile-name"
        label="Name"
        autoComplete="name"
        name={profile.name}
        save={async (name) => {
          await rename.mutateAsync(name);
          refresh();
        }}
      />
      <FactList
        facts={[
          ['Email', profile.email],
          ['Account', session?.account.name ?? ''],
          ['Role', `${accountRoleWords[profile.role]}. ${accountRoleMeanings[profile.role]}`],
        ]}
      />
    </SettingsSection>
  );
}
