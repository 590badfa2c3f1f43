import { TextInput } from '@carbon/react';
import { useState } from 'react';
import type { Project } from '../../../contract/app/index.ts';
import { useProjectChanges } from '../../app/api/projects.ts';
import { Dialog } from '../../components/dialog.tsx';

/** Deleting a project cannot be undone, so its name must be typed. */
export function DeleteProjectDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const { remove } = useProjectChanges();
  const [typed, setTyped] = useState('');
  return (
    <Dialog
      title="Delete project?"
      submitLabel="Delete project"
      isDangerous
      canSubmit={typed.trim() === project.name}
      onClose={onClose}
      onSubmit={() => remove.mutateAsync(project.id)}
    >
      <p>
        This destroys, for everybody and without a way back: every prompt saved in <strong>{project.name}</strong>, the
        project's bucket, and the project's key. Without the key no copy or backup of the bucket can be read again.
      </p>
      <TextInput
        id="confirm-name"
        data-modal-primary-focus
        labelText={`Type the project's name, ${project.name}, to confirm`}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Dialog>
  );
}
