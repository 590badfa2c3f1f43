import { CodeSnippet, InlineNotification, Modal, TextInput } from '@carbon/react';
import { useState } from 'react';
import { useApiKeyChanges } from '../../app/api/identity.ts';
import { Dialog, useReturnFocus } from '../../components/dialog.tsx';

type CreateApiKeyDialogProps = { onCreated: (secret: string) => void; onClose: () => void };

/** Asks for a name and creates the key. */
export function CreateApiKeyDialog({ onCreated, onClose }: CreateApiKeyDialogProps) {
  const { create } = useApiKeyChanges();
  const [name, setName] = useState('');
  return (
    <Dialog
      title="New API key"
      submitLabel="Create"
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={async () => {
        const { key } = await create.mutateAsync(name.trim());
        onCreated(key);
      }}
    >
      <TextInput
        id="api-key-name"
        data-modal-primary-focus
        labelText="Name"
        helperText="The program or place that will use it."
        autoComplete="off"
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </Dialog>
  );
}

/** Shows a new key: the only time that anybody sees it. */
export function NewApiKeyDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  useReturnFocus();
  return (
    <Modal
      open
      passiveModal
      size="sm"
      modalHeading="Your new API key"
      closeButtonLabel="Close"
      preventCloseOnClickOutside
      selectorPrimaryFocus=".cl-new-key button"
      onRequestClose={onClose}
    >
      <div className="cl-dialog cl-new-key">
        <InlineNotification
          kind="warning"
          lowContrast
          hideCloseButton
          title="Copy it now."
          subtitle="It is stored only as a hash, so nobody can show it again."
        />
        <CodeSnippet type="single" feedback="Copied" aria-label="API key">
          {secret}
        </CodeSnippet>
      </div>
    </Modal>
  );
}
