import { InlineNotification } from '@carbon/react';
import { useState } from 'react';
import type { Collaborator } from '../../../contract/app/index.ts';
import { useCollaboratorChanges } from '../../app/api/collaborators.ts';
import { Choice } from '../../components/choice.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { projectRoleMeanings, projectRoles, projectRoleWords } from '../../components/project-roles.ts';

type ChangeRoleDialogProps = {
  projectId: string;
  collaborator: Collaborator;
  isOneself: boolean;
  onClose: () => void;
};

export function ChangeRoleDialog({ projectId, collaborator, isOneself, onClose }: ChangeRoleDialogProps) {
  const { put } = useCollaboratorChanges(projectId);
  const say = useSay();
  const [role, setRole] = useState(collaborator.role);
  const isStepDown = isOneself && collaborator.role === 'admin' && role !== 'admin';
  return (
    <Dialog
      title={isOneself ? 'Change your role' : `Change the role of ${collaborator.name}`}
      submitLabel="Change role"
      isDangerous={isStepDown}
      canSubmit={role !== collaborator.role}
      onClose={onClose}
      onSubmit={async () => {
        await put.mutateAsync({ userId: collaborator.userId, role });
        say(`${collaborator.name} is ${projectRoleWords[role]} now`);
      }}
    >
      <Choice
        legend="Role"
        name="role"
        options={projectRoles}
        words={projectRoleWords}
        meanings={projectRoleMeanings}
        chosen={role}
        onChoose={setRole}
      />
      {isStepDown && (
        <InlineNotification
          kind="warning"
          lowContrast
          hideCloseButton
          title="You can't take this back yourself."
          subtitle="Only an Admin can make you one again."
        />
      )}
    </Dialog>
  );
}
