import { Checkbox } from '@carbon/react';
import { useState } from 'react';
import type { SessionEntryContent } from '../../../../contract/app/index.ts';
import { usePromptSessionChanges } from '../../../app/api/prompt-sessions.ts';
import { Dialog } from '../../../components/dialog.tsx';
import { MetadataFields } from '../../../components/metadata-fields.tsx';
import type { Recording } from '../draft/draft.ts';
import { recordEntry } from './recordings.ts';
import { SESSION_LIMITS } from './session-limits.ts';

type SaveSessionDialogProps = {
  projectId: string;
  /** The prompt and its answer that stand on the page now; they may be the first entry. */
  last: SessionEntryContent | undefined;
  onClose: () => void;
  onSaved: (recording: Recording) => void;
};

/** Begins a prompt session, in which the prompts that are submitted from then on are kept. */
export function SaveSessionDialog({ projectId, last, onClose, onSaved }: SaveSessionDialogProps) {
  const { save } = usePromptSessionChanges(projectId);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [withLast, setWithLast] = useState(true);
  return (
    <Dialog
      title="Save as a prompt session"
      submitLabel="Save and record"
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={async () => {
        const { id } = await save.mutateAsync({ name: name.trim(), description });
        if (last !== undefined && withLast) recordEntry(projectId, id, last);
        onSaved({ sessionId: id, name: name.trim() });
      }}
    >
      <MetadataFields
        id="session"
        helperText="Name and description are metadata: everybody in the project sees them, and they are not sealed. Keep prompt text out of them."
        {...{ name, setName, description, setDescription }}
      />
      {last !== undefined && (
        <Checkbox
          id="session-with-last"
          labelText="Begin with the prompt and the answer that are on the page"
          checked={withLast}
          onChange={(_event, { checked }) => setWithLast(checked)}
        />
      )}
      <div className="cl-dialog__facts">
        <p>
          <strong>Sealed in this project's own bucket:</strong> each prompt that you submit on this page from now on,
          until you stop recording: its text, the values of its variables, the model, the parameters and the answer.
        </p>
        <p>
          A session keeps up to {SESSION_LIMITS.entries} prompts; the oldest go first. Each prompt is gone{' '}
          {SESSION_LIMITS.days} days after it was submitted, and the whole session {SESSION_LIMITS.days} days from now.
          Admins and Editors of the project, and whoever was granted its bucket, can open it until then.
        </p>
      </div>
    </Dialog>
  );
}
