import { Button, SkeletonText, Tag } from '@carbon/react';
import { useState } from 'react';
import type { LoginSession } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useLoginSessions, useSessionChanges } from '../../app/api/profile.ts';
import { Dialog } from '../../components/dialog.tsx';
import { formatDayAndTime } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';

type Open = { kind: 'end'; session: LoginSession } | { kind: 'end-others' };

const methodWords: Record<LoginSession['method'], string> = {
  password: 'a password',
  passkey: 'a passkey',
  'identity-provider': 'an identity provider',
};

/** Where the person is signed in, so that they see when it is not them. */
export function SessionsSection() {
  const { data: sessions, error, isPending, refetch } = useLoginSessions();
  const { end, endOthers } = useSessionChanges();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <SettingsSection
      title="Login sessions"
      text="Browsers in which you are signed in. End those that you do not know, then change your password."
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {sessions !== undefined && (
        <ul className="cl-items" aria-label="Login sessions">
          {sessions.map((session) => (
            <SessionRow key={session.id} session={session} onEnd={() => setOpen({ kind: 'end', session })} />
          ))}
        </ul>
      )}
      {sessions !== undefined && sessions.length > 1 && (
        <div className="cl-buttons">
          <Button kind="danger--tertiary" size="md" onClick={() => setOpen({ kind: 'end-others' })}>
            Sign out everywhere else
          </Button>
        </div>
      )}
      {open?.kind === 'end' && (
        <Dialog
          title="End this session?"
          submitLabel="End session"
          isDangerous
          onClose={close}
          onSubmit={() => end.mutateAsync(open.session.id)}
        >
          <p>
            <strong>{open.session.browser}</strong>
            {open.session.address === null ? '' : ` at ${open.session.address}`} is signed out, and text that was not
            saved there is lost.
          </p>
        </Dialog>
      )}
      {open?.kind === 'end-others' && (
        <Dialog
          title="Sign out everywhere else?"
          submitLabel="Sign out"
          isDangerous
          onClose={close}
          onSubmit={() => endOthers.mutateAsync()}
        >
          <p>Every session but this one ends, and text that was not saved there is lost. API keys keep working.</p>
        </Dialog>
      )}
    </SettingsSection>
  );
}

function SessionRow({ session, onEnd }: { session: LoginSession; onEnd: () => void }) {
  const { browser, address, method, hasSecondFactor, createdAt, lastUsedAt, isCurrent } = session;
  return (
    <li className="cl-items__row">
      <div className="cl-items__main">
        <p className="cl-items__name">
          {browser === 'unknown' ? 'Unknown browser' : browser}
          {isCurrent && (
            <Tag size="sm" type="blue">
              This one
            </Tag>
          )}
        </p>
        <p className="cl-items__facts">
          {address !== null && `From ${address}. `}
          Signed in on {formatDayAndTime(createdAt)} with {methodWords[method]}
          {hasSecondFactor && ' and a second factor'}. Last used {formatDayAndTime(lastUsedAt)}.
        </p>
      </div>
      {!isCurrent && (
        <Button kind="danger--ghost" size="sm" aria-label={`End session of ${browser}`} onClick={onEnd}>
          End
        </Button>
      )}
    </li>
  );
}
