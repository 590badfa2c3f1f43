import { TextInput } from '@carbon/react';
import { useState } from 'react';
import { type ApiKeyOwner, useApiKeyChanges } from '../../app/api/api-keys.ts';
import { Dialog } from '../dialog.tsx';
import { type ExpiryChoice, expiryOf } from './expiry.ts';
import { ExpiryField } from './expiry-field.tsx';
import { isCompleteScope, ScopeFields, scopeOf, wholeScope } from './scope-fields.tsx';

type CreateApiKeyDialogProps = { owner: ApiKeyOwner; onCreated: (secret: string) => void; onClose: () => void };

/** Asks what the key is for, how long it works and what it may do, and creates it. */
export function CreateApiKeyDialog({ owner, onCreated, onClose }: CreateApiKeyDialogProps) {
  const { create } = useApiKeyChanges(owner);
  const [name, setName] = useState('');
  const [choice, setChoice] = useState<ExpiryChoice>('90');
  const [day, setDay] = useState('');
  const [scope, setScope] = useState(wholeScope);
  return (
    <Dialog
      title="New API key"
      submitLabel="Create"
      canSubmit={name.trim() !== '' && expiryOf(choice, day) !== undefined && isCompleteScope(scope)}
      onClose={onClose}
      onSubmit={async () => {
        const expiresAt = expiryOf(choice, day) ?? null;
        const { key } = await create.mutateAsync({ name: name.trim(), scope: scopeOf(scope), expiresAt });
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
      <ExpiryField choice={choice} day={day} onChoice={setChoice} onDay={setDay} />
      <ScopeFields scope={scope} onChange={setScope} />
    </Dialog>
  );
}
