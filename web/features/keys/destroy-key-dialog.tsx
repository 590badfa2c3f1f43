import { useState } from 'react';
import { useBucketSummary } from '../../app/api/bucket.ts';
import { useKeyChanges } from '../../app/api/keys.ts';
import { Dialog } from '../../components/dialog.tsx';
import { formatBytes, formatCount } from '../../components/format.ts';
import { TypedName } from '../../components/typed-name.tsx';
import type { KeyDialogProps } from './key-dialogs.tsx';

/** Says exactly what is lost, and asks for the name. */
export function DestroyKeyDialog({ id, place, name, status, onClose, onDone }: KeyDialogProps & { id: string }) {
  const { destroy } = useKeyChanges(place);
  const [typed, setTyped] = useState('');
  return (
    <Dialog
      title={place === 'account' ? 'Destroy the keys of the account?' : 'Destroy the keys of the project?'}
      submitLabel="Destroy for good"
      isDangerous
      canSubmit={typed === name}
      onClose={onClose}
      onSubmit={async () => {
        const destroyed = await destroy.mutateAsync(typed);
        onDone({ kind: 'destroyed', destroyed, id }, 'Destroyed');
      }}
    >
      {place === 'account' ? (
        <p>
          The keys of every project of <strong>{name}</strong> are destroyed, {formatCount(status.projectKeys.total)} in
          all: also of projects that chose a key of their own.
        </p>
      ) : (
        <LostInProject projectId={place.projectId} name={name} />
      )}
      <p>
        <strong>Nobody can undo this.</strong> What is lost: the content of everything saved. What stays: names and
        descriptions, people and their roles, the audit log. A backup of the database from before still holds the
        wrapped keys: delete such backups too.
      </p>
      <TypedName
        id="destroy-name"
        what={place === 'account' ? 'account' : 'project'}
        name={name}
        typed={typed}
        onType={setTyped}
      />
    </Dialog>
  );
}

function LostInProject({ projectId, name }: { projectId: string; name: string }) {
  const { data: summary } = useBucketSummary(projectId);
  if (summary === undefined) {
    return (
      <p>
        Everything that was saved in <strong>{name}</strong> becomes unreadable.
      </p>
    );
  }
  return (
    <p>
      Everything that was saved in <strong>{name}</strong> becomes unreadable: {formatCount(summary.objects)} sealed{' '}
      {summary.objects === 1 ? 'object' : 'objects'} ({formatBytes(summary.sealedBytes)}), the content of{' '}
      {formatCount(summary.assets)} {summary.assets === 1 ? 'asset' : 'assets'} among them.
    </p>
  );
}
