import { useState } from 'react';
import type { ApiKey } from '../../../contract/app/index.ts';
import { type ApiKeyOwner, useApiKeyChanges } from '../../app/api/api-keys.ts';
import { Dialog } from '../dialog.tsx';
import { ShownOnceDialog } from '../shown-once-dialog.tsx';
import { CreateApiKeyDialog } from './create-api-key-dialog.tsx';

export type OpenApiKeyDialog =
  | { kind: 'create' }
  | { kind: 'rotate'; apiKey: ApiKey }
  | { kind: 'delete'; apiKey: ApiKey };

type ApiKeyDialogsProps = { owner: ApiKeyOwner; open: OpenApiKeyDialog | undefined; onClose: () => void };

/** What can be done with keys, one question at a time, and the secret that comes of it. */
export function ApiKeyDialogs({ owner, open, onClose }: ApiKeyDialogsProps) {
  const { rotate, remove } = useApiKeyChanges(owner);
  const [secret, setSecret] = useState<string>();
  return (
    <>
      {open?.kind === 'create' && <CreateApiKeyDialog owner={owner} onCreated={setSecret} onClose={onClose} />}
      {open?.kind === 'rotate' && (
        <Dialog
          title="Rotate API key?"
          submitLabel="Rotate"
          isDangerous
          onClose={onClose}
          onSubmit={async () => {
            const { key } = await rotate.mutateAsync(open.apiKey.id);
            setSecret(key);
          }}
        >
          <p>
            <strong>{open.apiKey.name}</strong> gets a new secret. The old one stops working at once: programs that use
            it are refused until you give them the new one.
          </p>
        </Dialog>
      )}
      {open?.kind === 'delete' && (
        <Dialog
          title="Delete API key?"
          submitLabel="Delete"
          isDangerous
          onClose={onClose}
          onSubmit={() => remove.mutateAsync(open.apiKey.id)}
        >
          <p>
            Programs that use <strong>{open.apiKey.name}</strong> are refused from now on. This cannot be undone.
          </p>
        </Dialog>
      )}
      {secret !== undefined && (
        <ShownOnceDialog
          title="Your new API key"
          label="API key"
          secret={secret}
          warning="It is stored only as a hash, so nobody can show it again."
          onClose={() => setSecret(undefined)}
        />
      )}
    </>
  );
}
