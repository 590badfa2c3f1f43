import { CodeSnippet, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { TotpEnrolment } from '../../../contract/app/index.ts';
import { useTotpChanges } from '../../app/api/profile.ts';
import { Dialog } from '../../components/dialog.tsx';
import { QrCode } from './qr-code.tsx';

type TotpDialogProps = { enrolment: TotpEnrolment; onCodes: (codes: readonly string[]) => void; onClose: () => void };

/** Gives the secret to the authenticator app, and asks for a code as the proof that it arrived. */
export function TotpDialog({ enrolment, onCodes, onClose }: TotpDialogProps) {
  const { confirm } = useTotpChanges();
  const [code, setCode] = useState('');
  const digits = code.replaceAll(/\s/g, '');
  return (
    <Dialog
      title="Set up an authenticator app"
      submitLabel="Turn on"
      canSubmit={/^\d{6}$/.test(digits)}
      onClose={onClose}
      onSubmit={async () => {
        const { codes } = await confirm.mutateAsync(digits);
        onCodes(codes);
      }}
    >
      <ol className="cl-steps">
        <li>
          <p>Scan this with an authenticator app on your phone.</p>
          <QrCode text={enrolment.uri} label="QR code for the authenticator app" />
        </li>
        <li>
          <p>Or type this secret into it.</p>
          <CodeSnippet type="single" feedback="Copied" align="left" aria-label="Secret for the authenticator app">
            {enrolment.secret}
          </CodeSnippet>
        </li>
        <li>
          <TextInput
            id="totp-code"
            data-modal-primary-focus
            labelText="Code that the app shows now"
            autoComplete="one-time-code"
            inputMode="numeric"
            maxLength={7}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </li>
      </ol>
    </Dialog>
  );
}
