import { useState } from 'react';
import type { Candidate, Collaborator } from '../../../contract/app/index.ts';
import { type ProjectRole, useCollaboratorChanges } from '../../app/api/collaborators.ts';
import { CandidatePicker } from '../../components/candidate-picker.tsx';
import { Choice } from '../../components/choice.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { projectRoleMeanings, projectRoles, projectRoleWords } from '../../components/project-roles.ts';

type AddCollaboratorsDialogProps = { projectId: string; present: readonly Collaborator[]; onClose: () => void };

/** Adds one or several, all with the same role. Whoever could not be added stays picked, so that it can be tried again. */
export function AddCollaboratorsDialog({ projectId, present, onClose }: AddCollaboratorsDialogProps) {
  const { put } = useCollaboratorChanges(projectId);
  const say = useSay();
  const [picked, setPicked] = useState<readonly Candidate[]>([]);
  const [role, setRole] = useState<ProjectRole>('viewer');

  async function add() {
    for (const { userId } of picked) {
      await put.mutateAsync({ userId, role });
      setPicked((before) => before.filter((candidate) => candidate.userId !== userId));
    }
    say(picked.length === 1 ? 'One collaborator added' : `${picked.length} collaborators added`);
  }

  return (
    <Dialog
      title="Add collaborators"
      submitLabel={picked.length > 1 ? `Add ${picked.length}` : 'Add'}
      canSubmit={picked.length > 0}
      onClose={onClose}
      onSubmit={add}
    >
      <CandidatePicker
        projectId={projectId}
        without={new Set(present.map(({ userId }) => userId))}
        picked={picked}
        onPick={setPicked}
      />
      <Choice
        legend="Role"
        name="role"
        options={projectRoles}
        words={projectRoleWords}
        meanings={projectRoleMeanings}
        chosen={role}
        onChoose={setRole}
      />
    </Dialog>
  );
}
