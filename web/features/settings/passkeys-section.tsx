import { Add } from '@carbon/icons-react';
import { Button, SkeletonText, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { Passkey, Profile } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { passkeySupport } from '../../app/api/passkeys.ts';
import { usePasskeyChanges, usePasskeys } from '../../app/api/profile.ts';
import { Dialog } from '../../components/dialog.tsx';
import { formatDay, formatDayAndTime } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';
import { asksForPassword, OwnPassword, passwordAsked } from './own-password.tsx';
import { PasswordDialog } from './password-dialog.tsx';

type Open = { kind: 'add' } | { kind: 'remove'; passkey: Passkey };

export function PasskeysSection({ profile }: { profile: Profile }) {
  const { data: passkeys, error, isPending, refetch } = usePasskeys();
  const { remove } = usePasskeyChanges();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <SettingsSection
      title="Passkeys"
      text="Sign in with your fingerprint, your face or a security key. There is nothing to type, and nothing that could be stolen from the server."
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={2} />}
      {passkeys?.length === 0 && <p>You have none yet.</p>}
      {passkeys !== undefined && passkeys.length > 0 && (
        <ul className="cl-items">
          {passkeys.map((passkey) => (
            <li className="cl-items__row" key={passkey.id}>
              <div className="cl-items__main">
                <p className="cl-items__name">{passkey.name}</p>
                <p className="cl-items__facts">
                  Added on {formatDay(passkey.createdAt)}.{' '}
                  {passkey.lastUsedAt === null ? 'Never used.' : `Last used ${formatDayAndTime(passkey.lastUsedAt)}.`}
                </p>
              </div>
              <Button
                kind="danger--ghost"
                size="sm"
                aria-label={`Remove passkey ${passkey.name}`}
                onClick={() => setOpen({ kind: 'remove', passkey })}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      <AddPasskey onAdd={() => setOpen({ kind: 'add' })} />
      {open?.kind === 'add' && <AddPasskeyDialog profile={profile} onClose={close} />}
      {open?.kind === 'remove' && (
        <PasswordDialog
          title="Remove passkey?"
          submitLabel="Remove"
          isDangerous
          profile={profile}
          onSubmit={(password) => remove.mutateAsync({ id: open.passkey.id, password })}
          onClose={close}
        >
          <p>
            <strong>{open.passkey.name}</strong> no longer signs you in. Delete it on the device too, so that it is not
            offered there any more.
          </p>
        </PasswordDialog>
      )}
    </SettingsSection>
  );
}

function AddPasskey({ onAdd }: { onAdd: () => void }) {
  switch (passkeySupport()) {
    case 'yes':
      return (
        <div className="cl-buttons">
          <Button kind="tertiary" size="md" renderIcon={Add} onClick={onAdd}>
            Add a passkey
          </Button>
        </div>
      );
    case 'needs-name':
      return (
        <p>
          Browsers make passkeys for addresses with a name, and this page was opened by number. Open Cloister by its
          name{isOwnMachine() && ', here localhost'}, sign in there, and come back to this page.
        </p>
      );
    case 'no-browser':
      return <p>This browser has no passkeys here. They need HTTPS, or a server on the same machine.</p>;
  }
}

const isOwnMachine = (): boolean => ['127.0.0.1', '[::1]'].includes(window.location.hostname);

function AddPasskeyDialog({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { add } = usePasskeyChanges();
  const [name, setName] = useState('');
  const [password, setPassword] = useState<string>();
  const isAsked = password !== undefined;

  async function submit(): Promise<void> {
    try {
      await add.mutateAsync({ name: name.trim(), password });
    } catch (thrown) {
      if (isAsked || !asksForPassword(thrown, profile)) throw thrown;
      setPassword('');
      throw passwordAsked(thrown);
    }
  }

  return (
    <Dialog
      title="Add a passkey"
      submitLabel="Go on"
      canSubmit={name.trim() !== '' && password !== ''}
      onClose={onClose}
      onSubmit={submit}
    >
      <p>Your browser asks you next where to keep it.</p>
      <TextInput
        id="passkey-name"
        data-modal-primary-focus
        labelText="Name"
        helperText="The device or password manager, so that you know which one it is."
        autoComplete="off"
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {isAsked && <OwnPassword value={password} onChange={setPassword} />}
    </Dialog>
  );
}
