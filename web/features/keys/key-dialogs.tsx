import type { KeyStatus } from '../../../contract/app/index.ts';
import { type KeyPlace, useKeyChanges } from '../../app/api/keys.ts';
import { Dialog } from '../../components/dialog.tsx';
import { rotationWords } from '../../components/key-words.ts';
import type { KeyOutcome } from './key-outcome.tsx';

export type KeyDialogProps = {
  place: KeyPlace;
  name: string;
  status: KeyStatus;
  onClose: () => void;
  onDone: (outcome: KeyOutcome, phrase: string) => void;
};

export type KeyDialogKind = 'rotate' | 'unbind' | 'disable' | 'enable';

/** The questions that one press answers. */
export function KeyDialog({ kind, place, name, status, onClose, onDone }: KeyDialogProps & { kind: KeyDialogKind }) {
  const { rotate, unbind, disable, enable } = useKeyChanges(place);
  const what = place === 'account' ? 'account' : 'project';
  const told = (title: string, text: string) => onDone({ kind: 'told', title, text }, `${title} ${text}`);

  switch (kind) {
    case 'rotate':
      return (
        <Dialog
          title="Rotate the key?"
          submitLabel="Rotate"
          onClose={onClose}
          onSubmit={async () => {
            const rewrap = await rotate.mutateAsync();
            onDone({ kind: 'rewrapped', title: 'Rotated.', rewrap }, 'Rotated');
          }}
        >
          <p>
            {rotationWords(status)} What is saved in <strong>{name}</strong> stays as it is, and opens all the while.
          </p>
        </Dialog>
      );
    case 'unbind':
      return (
        <Dialog
          title={what === 'project' ? "Use the account's key?" : "Use the deployment's own key?"}
          submitLabel="Use it"
          onClose={onClose}
          onSubmit={async () => {
            const rewrap = await unbind.mutateAsync();
            onDone({ kind: 'rewrapped', title: 'Moved back.', rewrap }, 'Moved back');
          }}
        >
          <p>
            {keysOf(what, name, status)} wrapped by the key that {what === 'project' ? 'the account' : 'the deployment'}{' '}
            decides, from now on. What is saved stays as it is, and opens all the while.
          </p>
        </Dialog>
      );
    case 'disable':
      return (
        <Dialog
          title={`Disable the key of this ${what}?`}
          submitLabel="Disable"
          isDangerous
          onClose={onClose}
          onSubmit={async () => {
            await disable.mutateAsync();
            told('Disabled.', 'Within a minute nothing opens any more, on any server. Nothing is lost.');
          }}
        >
          <p>
            Nothing that was saved in <strong>{name}</strong> opens any more, for anybody, and nothing can be saved:
            here at once, on every other server within a minute. Nothing is lost. Enable it to go on.
          </p>
        </Dialog>
      );
    case 'enable': {
      const isNew = status.state === 'destroyed';
      return (
        <Dialog
          title={isNew ? 'Start over with a new key?' : `Enable the key of this ${what}?`}
          submitLabel={isNew ? 'Start over' : 'Enable'}
          onClose={onClose}
          onSubmit={async () => {
            await enable.mutateAsync();
            if (isNew) told('Started over.', 'What is saved from now on is sealed by new keys.');
            else told('Enabled.', 'What was saved opens again.');
          }}
        >
          <p>
            {isNew ? (
              <>
                What is saved in <strong>{name}</strong> from now on is sealed by new keys. What was destroyed stays
                gone.
              </>
            ) : (
              <>
                What was saved in <strong>{name}</strong> opens again at once.
              </>
            )}
          </p>
        </Dialog>
      );
    }
  }
}

function keysOf(what: 'project' | 'account', name: string, { projectKeys: { total } }: KeyStatus): string {
  if (what === 'account') return `The keys of the projects of ${name} that use the account's key are`;
  return total === 1 ? `The key of ${name} is` : `The keys of ${name} are`;
}
