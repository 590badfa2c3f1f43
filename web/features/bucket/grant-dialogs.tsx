import { useState } from 'react';
import type { BucketAccess, BucketGrant, Candidate } from '../../../contract/app/index.ts';
import { useBucketGrantChanges } from '../../app/api/bucket.ts';
import { useCollaborators } from '../../app/api/collaborators.ts';
import { CandidatePicker } from '../../components/candidate-picker.tsx';
import { Choice } from '../../components/choice.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { bucketAccesses, bucketAccessMeanings, bucketAccessWords } from '../../components/project-roles.ts';

type AddGrantDialogProps = { projectId: string; present: readonly BucketGrant[]; onClose: () => void };

/** Grants the bucket to one or several, all with the same access. */
export function AddGrantDialog({ projectId, present, onClose }: AddGrantDialogProps) {
  const { put } = useBucketGrantChanges(projectId);
  const { data: collaborators } = useCollaborators(projectId);
  const say = useSay();
  const [picked, setPicked] = useState<readonly Candidate[]>([]);
  const [access, setAccess] = useState<BucketAccess>('reader');

  async function grant() {
    for (const { userId } of picked) {
      await put.mutateAsync({ userId, access });
      setPicked((before) => before.filter((candidate) => candidate.userId !== userId));
    }
    say(picked.length === 1 ? 'Access granted' : `Access granted to ${picked.length}`);
  }

  return (
    <Dialog
      title="Grant access to the bucket"
      submitLabel={picked.length > 1 ? `Grant to ${picked.length}` : 'Grant'}
      canSubmit={picked.length > 0}
      onClose={onClose}
      onSubmit={grant}
    >
      <CandidatePicker
        projectId={projectId}
        collaborators={collaborators ?? []}
        without={new Set(present.map(({ userId }) => userId))}
        picked={picked}
        onPick={setPicked}
      />
      <AccessChoice chosen={access} onChoose={setAccess} />
    </Dialog>
  );
}

type ChangeGrantDialogProps = { projectId: string; grant: BucketGrant; onClose: () => void };

export function ChangeGrantDialog({ projectId, grant, onClose }: ChangeGrantDialogProps) {
  const { put } = useBucketGrantChanges(projectId);
  const say = useSay();
  const [access, setAccess] = useState(grant.access);
  return (
    <Dialog
      title={`Change the access of ${grant.name}`}
      submitLabel="Change access"
      canSubmit={access !== grant.access}
      onClose={onClose}
      onSubmit={async () => {
        await put.mutateAsync({ userId: grant.userId, access });
        say(`${grant.name} is ${bucketAccessWords[access]} of the bucket now`);
      }}
    >
      <AccessChoice chosen={access} onChoose={setAccess} />
    </Dialog>
  );
}

function AccessChoice({ chosen, onChoose }: { chosen: BucketAccess; onChoose: (access: BucketAccess) => void }) {
  return (
    <Choice
      legend="Access"
      name="access"
      options={bucketAccesses}
      words={bucketAccessWords}
      meanings={bucketAccessMeanings}
      chosen={chosen}
      onChoose={onChoose}
    />
  );
}
