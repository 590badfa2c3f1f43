import { Download } from '@carbon/icons-react';
import { Button, TextInput } from '@carbon/react';
import { useState } from 'react';
import { exportAddress } from '../../app/api/archives.ts';
import { SettingsSection } from '../../components/settings-section.tsx';

/** An X25519 recipient. The server knows whether it is a true one. */
const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

/** The archive comes from the server as it is made; the browser shows how far it is. */
export function ExportSection({ projectId }: { projectId: string }) {
  const [typed, setTyped] = useState('');
  const recipient = typed.trim();
  const isWrong = recipient !== '' && !RECIPIENT.test(recipient);
  return (
    <SettingsSection
      title="Export"
      text="A zip with everything that is saved in the project, and a list of what it is. It is not sealed any more: keep it where only you can read it, or have it encrypted."
    >
      <div className="cl-form">
        <TextInput
          id="export-recipient"
          labelText="Encrypt to an age recipient (optional)"
          helperText="The public key that age-keygen shows. The file opens with its secret key and nothing else."
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          invalid={isWrong}
          invalidText="An age recipient begins with age1 and has 62 characters."
          autoComplete="off"
          spellCheck={false}
        />
        <div className="cl-buttons">
          {isWrong ? (
            <Button kind="primary" size="md" renderIcon={Download} disabled>
              Export the project
            </Button>
          ) : (
            <Button
              kind="primary"
              size="md"
              renderIcon={Download}
              as="a"
              href={exportAddress(projectId, recipient)}
              download
            >
              Export the project
            </Button>
          )}
        </div>
      </div>
    </SettingsSection>
  );
}
