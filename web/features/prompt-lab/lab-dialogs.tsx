import { useState } from 'react';
import type { Deletion, SessionEntryContent } from '../../../contract/app/index.ts';
import { usePromptTemplateChanges } from '../../app/api/prompt-templates.ts';
import { Dialog } from '../../components/dialog.tsx';
import { MetadataFields } from '../../components/metadata-fields.tsx';
import { SaveNotebookDialog, ViewCodeDialog } from './code-dialogs.tsx';
import { contentOf, type Draft, type Recording, type SavedPrompt } from './draft/draft.ts';
import { SaveSessionDialog } from './sessions/save-session-dialog.tsx';
import { isShown } from './sessions/submitted-prompt.ts';

export type NamedPrompt = { id: string; name: string; description: string };
export type LabDialog =
  | { kind: 'save' }
  | { kind: 'save-session' }
  | { kind: 'save-notebook' }
  | { kind: 'view-code' }
  | { kind: 'clear' }
  | { kind: 'rename'; prompt: NamedPrompt }
  | { kind: 'delete'; prompt: NamedPrompt };

type LabDialogsProps = {
  dialog: LabDialog;
  projectId: string;
  draft: Draft | undefined;
  onClose: () => void;
  onSaved: (saved: SavedPrompt) => void;
  onRenamed: (prompt: NamedPrompt) => void;
  onDeleted: (prompt: NamedPrompt, deletion: Deletion) => void;
  /** What was submitted last. */
  lastEntry: SessionEntryContent | undefined;
  onSessionSaved: (recording: Recording) => void;
  onNotebookSaved: (name: string) => void;
  onCleared: () => void;
};

export function LabDialogs(props: LabDialogsProps) {
  const { dialog, projectId, draft, onClose } = props;
  switch (dialog.kind) {
    case 'save':
      return draft === undefined ? null : (
        <SaveDialog projectId={projectId} draft={draft} onClose={onClose} onSaved={props.onSaved} />
      );
    case 'save-session': {
      const { lastEntry } = props;
      const isOnPage = draft !== undefined && lastEntry !== undefined && isShown(draft, lastEntry);
      return (
        <SaveSessionDialog
          projectId={projectId}
          last={isOnPage ? lastEntry : undefined}
          onClose={onClose}
          onSaved={props.onSessionSaved}
        />
      );
    }
    case 'save-notebook':
      return draft === undefined ? null : (
        <SaveNotebookDialog projectId={projectId} draft={draft} onClose={onClose} onSaved={props.onNotebookSaved} />
      );
    case 'view-code':
      return draft === undefined ? null : <ViewCodeDialog projectId={projectId} draft={draft} onClose={onClose} />;
    case 'rename':
      return (
        <RenameDialog projectId={projectId} prompt={dialog.prompt} onClose={onClose} onRenamed={props.onRenamed} />
      );
    case 'delete':
      return (
        <DeleteDialog projectId={projectId} prompt={dialog.prompt} onClose={onClose} onDeleted={props.onDeleted} />
      );
    case 'clear':
      return (
        <Dialog
          title="Start a new prompt?"
          submitLabel="Delete text and start anew"
          isDangerous
          onClose={onClose}
          onSubmit={async () => props.onCleared()}
        >
          <p>The text and the answers on this page were not saved. They will be deleted.</p>
        </Dialog>
      );
  }
}

type SaveDialogProps = { projectId: string; draft: Draft; onClose: () => void; onSaved: (saved: SavedPrompt) => void };

function SaveDialog({ projectId, draft, onClose, onSaved }: SaveDialogProps) {
  const { save } = usePromptTemplateChanges(projectId);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const isChat = draft.mode === 'chat';

  return (
    <Dialog
      title="Save as prompt template"
      submitLabel="Save"
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={async () => {
        const content = contentOf(draft);
        const { id } = await save.mutateAsync({ name: name.trim(), description, content });
        onSaved({ id, name: name.trim(), description, content });
      }}
    >
      <MetadataFields {...templateFields} {...{ name, setName, description, setDescription }} />
      <div className="cl-dialog__facts">
        <p>
          <strong>Sealed in this project's own bucket:</strong>{' '}
          {isChat
            ? 'the system prompt, the turns of every branch including the model’s answers, the variables with their defaults, the model and the parameters.'
            : 'the prompt text, the variables with their defaults, the model and the parameters. The output is not saved: append it to the prompt to keep it.'}
        </p>
        <p>
          Admins and Editors of the project, and whoever was granted its bucket, can open it. It stays until somebody
          changes or deletes it.
        </p>
      </div>
    </Dialog>
  );
}

type PromptDialogProps = { projectId: string; prompt: NamedPrompt; onClose: () => void };
type RenameDialogProps = PromptDialogProps & { onRenamed: (prompt: NamedPrompt) => void };

function RenameDialog({ projectId, prompt, onClose, onRenamed }: RenameDialogProps) {
  const { change } = usePromptTemplateChanges(projectId);
  const [name, setName] = useState(prompt.name);
  const [description, setDescription] = useState(prompt.description);
  return (
    <Dialog
      title="Rename saved prompt"
      submitLabel="Rename"
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={async () => {
        const renamed = { id: prompt.id, name: name.trim(), description };
        await change.mutateAsync(renamed);
        onRenamed(renamed);
      }}
    >
      <MetadataFields {...templateFields} {...{ name, setName, description, setDescription }} />
    </Dialog>
  );
}

type DeleteDialogProps = PromptDialogProps & { onDeleted: LabDialogsProps['onDeleted'] };

function DeleteDialog({ projectId, prompt, onClose, onDeleted }: DeleteDialogProps) {
  const { remove } = usePromptTemplateChanges(projectId);
  return (
    <Dialog
      title="Delete saved prompt?"
      submitLabel="Delete"
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        onDeleted(prompt, await remove.mutateAsync(prompt.id));
      }}
    >
      <p>
        <strong>{prompt.name}</strong> will be deleted for everybody in this project: its key is destroyed first, so
        that no copy of it can be read again. This cannot be undone.
      </p>
    </Dialog>
  );
}

const templateFields = {
  id: 'template',
  helperText:
    'Name and description are metadata: everybody in the project sees them, and they are not sealed. Keep prompt text out of them.',
};
