import { useNavigate } from 'react-router-dom';
import type { Collaborator } from '../../../contract/app/index.ts';
import { useCollaboratorChanges } from '../../app/api/collaborators.ts';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';

type RemoveCollaboratorDialogProps = {
  projectId: string;
  collaborator: Collaborator;
  isOneself: boolean;
  onClose: () => void;
};

export function RemoveCollaboratorDialog(props: RemoveCollaboratorDialogProps) {
  const { projectId, collaborator, isOneself, onClose } = props;
  const { remove } = useCollaboratorChanges(projectId);
  const navigate = useNavigate();
  const say = useSay();
  return (
    <Dialog
      title={isOneself ? 'Leave the project?' : `Remove ${collaborator.name}?`}
      submitLabel={isOneself ? 'Leave project' : 'Remove'}
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        await remove.mutateAsync(collaborator.userId);
        say(isOneself ? 'You left the project' : `${collaborator.name} was removed`);
        if (isOneself) navigate('/projects');
      }}
    >
      {isOneself ? (
        <p>
          The project and everything in it are gone for you at once. Only an Admin of the project can add you again.
        </p>
      ) : (
        <p>
          The project is gone for <strong>{collaborator.name}</strong> at once. What they saved in it stays. If they
          were granted the storage bucket too, that grant stays until it is revoked on the bucket's page.
        </p>
      )}
    </Dialog>
  );
}
