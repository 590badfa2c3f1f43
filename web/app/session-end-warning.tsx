import { ActionableNotification } from '@carbon/react';
import { useEffect, useState } from 'react';
import type { Session } from '../../contract/app/index.ts';
import { formatTime } from '../components/format.ts';
import { useSession } from './session.tsx';

const WARN_BEFORE_MS = 5 * 60 * 1000;
const LOOK_EVERY_MS = 15 * 1000;

/** Five minutes before the session ends: time to save, or to stay. */
export function SessionEndWarning({ session }: { session: Session }) {
  const { refresh } = useSession();
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const look = () => setIsNear(new Date(session.expiresAt).getTime() - Date.now() < WARN_BEFORE_MS);
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [session.expiresAt]);

  if (!isNear) return null;
  return (
    <ActionableNotification
      kind="warning"
      inline
      lowContrast
      hideCloseButton
      hasFocus={false}
      className="cl-session-warning"
      title={`Your session ends at ${formatTime(session.expiresAt)}.`}
      subtitle="Save what you want to keep: unsaved text is deleted when the session ends."
      actionButtonLabel="Stay signed in"
      onActionButtonClick={refresh}
    />
  );
}
