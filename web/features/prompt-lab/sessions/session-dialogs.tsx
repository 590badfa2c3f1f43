import type { PromptSessionSummary, SessionEntryContent } from '../../../../contract/app/index.ts';
import { usePromptSessionChanges } from '../../../app/api/prompt-sessions.ts';
import { Dialog } from '../../../components/dialog.tsx';

export type SessionDialog =
  | { kind: 'replace'; entry: SessionEntryContent }
  | { kind: 'delete-entry'; number: number }
  | { kind: 'delete' };

type SessionDialogsProps = {
  projectId: string;
  session: PromptSessionSummary;
  dialog: SessionDialog | undefined;
  onClose: () => void;
  onReplace: (entry: SessionEntryContent) => void;
  onEntryDeleted: (number: number, receipt: string) => void;
  onDeleted: (receipt: string) => void;
};

/** What is asked before text is lost or deleted. */
export function SessionDialogs({ projectId, session, dialog, onClose, ...on }: SessionDialogsProps) {
  const { remove, removeEntry } = usePromptSessionChanges(projectId);
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'replace':
      return (
        <Dialog
          title="Replace your unsaved prompt?"
          submitLabel="Open this prompt"
          isDangerous
          onClose={onClose}
          onSubmit={async () => on.onReplace(dialog.entry)}
        >
          <p>The new prompt that you are working on in this project is not saved. Opening this one drops it.</p>
        </Dialog>
      );
    case 'delete-entry':
      return (
        <Dialog
          title={`Delete prompt ${dialog.number}?`}
          submitLabel="Delete"
          isDangerous
          onClose={onClose}
          onSubmit={async () => {
            const { receipt } = await removeEntry.mutateAsync({ id: session.id, number: dialog.number });
            on.onEntryDeleted(dialog.number, receipt);
          }}
        >
          <p>
            The prompt and its answer go from this session for everybody: their key is destroyed first, so that no copy
            can be read again. This cannot be undone.
          </p>
        </Dialog>
      );
    case 'delete':
      return (
        <Dialog
          title="Delete this session?"
          submitLabel="Delete"
          isDangerous
          onClose={onClose}
          onSubmit={async () => on.onDeleted((await remove.mutateAsync(session.id)).receipt)}
        >
          <p>
            <strong>{session.name}</strong> and every prompt in it will be deleted for everybody in this project: the
            keys are destroyed first, so that no copy can be read again. This cannot be undone.
          </p>
        </Dialog>
      );
  }
}
