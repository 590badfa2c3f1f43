import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import { useProjectChanges } from '../../app/api/projects.ts';
import { Dialog } from '../../components/dialog.tsx';
import { MetadataFields } from '../../components/metadata-fields.tsx';

/** Creates a project, or renames the one that is given. */
export function ProjectDialog({ project, onClose }: { project?: Project; onClose: () => void }) {
  const { create, change } = useProjectChanges();
  const navigate = useNavigate();
  const [name, setName] = useState(project?.name ?? '');
  const [description, setDescription] = useState(project?.description ?? '');

  async function submit() {
    if (project !== undefined) return change.mutateAsync({ id: project.id, name: name.trim(), description });
    const created = await create.mutateAsync({ name: name.trim(), description });
    return navigate(`/projects/${created.id}/lab`);
  }

  return (
    <Dialog
      title={project === undefined ? 'New project' : 'Rename project'}
      submitLabel={project === undefined ? 'Create' : 'Save'}
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={submit}
    >
      <MetadataFields
        id="project"
        helperText="Name and description are metadata: everybody in the project sees them."
        {...{ name, setName, description, setDescription }}
      />
    </Dialog>
  );
}
