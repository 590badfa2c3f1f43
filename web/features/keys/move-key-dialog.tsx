import { SkeletonText, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { KeyProvider } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useKeyChanges, useKeyProviders } from '../../app/api/keys.ts';
import { Choice } from '../../components/choice.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { keyIdHints, keyKindProtects, providerWords } from '../../components/key-words.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import type { KeyDialogProps } from './key-dialogs.tsx';

/** Chooses a provider, and a key of it where it has none for the account by itself. */
export function MoveKeyDialog({ place, name, status, onClose, onDone }: KeyDialogProps) {
  const providers = useKeyProviders();
  const { bind } = useKeyChanges(place);
  const [providerId, setProviderId] = useState(status.providerId);
  const [keyId, setKeyId] = useState('');
  const chosen = providers.data?.find(({ id }) => id === providerId) ?? providers.data?.[0];
  const typed = keyId.trim();

  async function move() {
    if (chosen === undefined) return;
    const rewrap = await bind.mutateAsync({
      providerId: chosen.id,
      ...(chosen.needsKeyId ? { keyId: typed } : {}),
    });
    onDone({ kind: 'rewrapped', title: `Moved to ${chosen.displayName}.`, rewrap }, `Moved to ${chosen.displayName}`);
  }

  return (
    <Dialog
      title={place === 'account' ? 'Use another key for the account' : 'Use another key for the project'}
      submitLabel="Use this key"
      canSubmit={chosen !== undefined && (!chosen.needsKeyId || typed !== '')}
      onClose={onClose}
      onSubmit={move}
    >
      <p>
        The key is tried first. Then the project keys of <strong>{name}</strong> are wrapped by it; what is saved stays
        as it is, and opens all the while.
      </p>
      {providers.error !== null && (
        <ProblemNotice error={toApiError(providers.error)} retry={() => void providers.refetch()} />
      )}
      {providers.isPending && <SkeletonText paragraph lineCount={3} />}
      {providers.data !== undefined && chosen !== undefined && (
        <Choice
          legend="Provider"
          name="key-provider"
          options={providers.data.map(({ id }) => id)}
          words={byId(providers.data, ({ displayName, kind }) => providerWords(displayName, kind))}
          meanings={byId(providers.data, ({ kind }) => `Protects against: ${keyKindProtects[kind]}`)}
          chosen={chosen.id}
          onChoose={setProviderId}
        />
      )}
      {chosen?.needsKeyId === true && (
        <TextInput
          id="key-id"
          labelText={`Key at ${chosen.displayName}`}
          helperText={keyIdHints[chosen.kind]}
          autoComplete="off"
          spellCheck={false}
          maxLength={2048}
          value={keyId}
          onChange={(event) => setKeyId(event.target.value)}
        />
      )}
    </Dialog>
  );
}

function byId(providers: readonly KeyProvider[], say: (provider: KeyProvider) => string): Record<string, string> {
  return Object.fromEntries(providers.map((provider) => [provider.id, say(provider)]));
}
