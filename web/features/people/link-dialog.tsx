import type { CreatedLink } from '../../../contract/app/index.ts';
import { formatDayAndTime } from '../../components/format.ts';
import { ShownOnceDialog } from '../../components/shown-once-dialog.tsx';

type LinkDialogProps = { title: string; link: CreatedLink; email: string; purpose: string; onClose: () => void };

/** A one-time link, for handing over. */
export function LinkDialog({ title, link, email, purpose, onClose }: LinkDialogProps) {
  return (
    <ShownOnceDialog
      title={title}
      label="One-time link"
      secret={link.link}
      warning="Nobody can show it again; make a new one if it is lost."
      onClose={onClose}
    >
      <p>
        {link.wasSent ? (
          <>
            It was sent to <strong>{email}</strong>, and here it is too.
          </>
        ) : (
          <>
            Give it to <strong>{email}</strong> in a way that nobody else reads.
          </>
        )}{' '}
        {purpose} It works once, until {formatDayAndTime(link.expiresAt)}.
      </p>
    </ShownOnceDialog>
  );
}
