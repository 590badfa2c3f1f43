import { Button, Tag } from '@carbon/react';
import { useState } from 'react';
import type { Profile, TotpEnrolment } from '../../../contract/app/index.ts';
import { useTotpChanges } from '../../app/api/profile.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';
import { ShownOnceDialog } from '../../components/shown-once-dialog.tsx';
import { useSubmit } from '../../components/use-submit.ts';
import { asksForPassword } from './own-password.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { TotpDialog } from './totp-dialog.tsx';

type Open = 'set-up' | 'turn-off' | 'new-codes';

/** The authenticator app, and the recovery codes for the day when it is not at hand. */
export function TwoFactorSection({ profile }: { profile: Profile }) {
  const { begin, remove, renewRecoveryCodes } = useTotpChanges();
  const [open, setOpen] = useState<Open>();
  const [enrolment, setEnrolment] = useState<TotpEnrolment>();
  const [codes, setCodes] = useState<readonly string[]>();
  const { isBusy, error, submit } = useSubmit();
  const close = () => setOpen(undefined);

  const setUp = async (password?: string) => setEnrolment(await begin.mutateAsync(password));
  /** Nobody is asked for the password who has just signed in; the server knows. */
  const setUpOrAsk = () =>
    setUp().catch((thrown: unknown) => {
      if (!asksForPassword(thrown, profile)) throw thrown;
      setOpen('set-up');
    });

  const { totp: isOn, passkeys, recoveryCodesLeft } = profile.secondFactor;

  return (
    <SettingsSection
      title="Two-factor sign-in"
      text="Beside the password, a code that an app on your phone shows. A password alone is then not enough."
    >
      <ul className="cl-items">
        <li className="cl-items__row">
          <div className="cl-items__main">
            <p className="cl-items__name">
              Authenticator app
              <Tag size="sm" type={isOn ? 'green' : 'gray'}>
                {isOn ? 'On' : 'Off'}
              </Tag>
            </p>
          </div>
          {isOn ? (
            <Button kind="danger--ghost" size="sm" onClick={() => setOpen('turn-off')}>
              Turn off
            </Button>
          ) : (
            <Button kind="tertiary" size="sm" disabled={isBusy} onClick={() => void submit(setUpOrAsk)}>
              Set up
            </Button>
          )}
        </li>
        {(isOn || passkeys > 0) && (
          <li className="cl-items__row">
            <div className="cl-items__main">
              <p className="cl-items__name">Recovery codes</p>
              <p className="cl-items__facts">{recoveryWords(recoveryCodesLeft)}</p>
            </div>
            <Button kind="ghost" size="sm" onClick={() => setOpen('new-codes')}>
              {recoveryCodesLeft === 0 ? 'Make some' : 'Make new ones'}
            </Button>
          </li>
        )}
      </ul>
      {error !== undefined && <ProblemNotice error={error} />}
      {open === 'set-up' && (
        <PasswordDialog
          title="Set up an authenticator app"
          submitLabel="Go on"
          profile={profile}
          onSubmit={setUp}
          onClose={close}
        >
          <p>You signed in a while ago, so the server asks again who you are.</p>
        </PasswordDialog>
      )}
      {enrolment !== undefined && (
        <TotpDialog enrolment={enrolment} onCodes={setCodes} onClose={() => setEnrolment(undefined)} />
      )}
      {open === 'turn-off' && (
        <PasswordDialog
          title="Turn off the authenticator app?"
          submitLabel="Turn off"
          isDangerous
          profile={profile}
          onSubmit={(password) => remove.mutateAsync(password)}
          onClose={close}
        >
          <p>Its codes stop working, and so do your recovery codes if you have no passkey.</p>
        </PasswordDialog>
      )}
      {open === 'new-codes' && (
        <PasswordDialog
          title="Make recovery codes?"
          submitLabel="Make codes"
          profile={profile}
          onSubmit={async (password) => setCodes((await renewRecoveryCodes.mutateAsync(password)).codes)}
          onClose={close}
        >
          <p>You get ten of them. Codes that you have now stop working.</p>
        </PasswordDialog>
      )}
      {codes !== undefined && (
        <ShownOnceDialog
          title="Your recovery codes"
          label="Recovery codes"
          secret={codes.join('\n')}
          warning="They are stored only as hashes, so nobody can show them again."
          onClose={() => setCodes(undefined)}
        >
          <p>
            Each signs you in once when the app or the passkey is not at hand. Write them down, print this page, or put
            them into a password manager; not into a file on this computer.
          </p>
        </ShownOnceDialog>
      )}
    </SettingsSection>
  );
}

function recoveryWords(left: number): string {
  if (left === 0) return 'None. If you lose the app or the passkey, an administrator has to let you in.';
  return `${left === 1 ? '1 is left.' : `${left} are left.`} Each signs you in once when the app or the passkey is not at hand.`;
}
