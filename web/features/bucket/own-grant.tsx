import { Button } from '@carbon/react';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import type { GrantedBucket } from '../../../contract/app/index.ts';
import { useBucketGrantChanges } from '../../app/api/bucket.ts';
import type { ProjectRole } from '../../app/api/collaborators.ts';
import { useSession } from '../../app/session.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { bucketAccessWords, projectRoleWords } from '../../components/project-roles.ts';

type OwnGrantProps = { grant: GrantedBucket; role: ProjectRole | undefined };

/** Tells somebody what they were granted, which they may give back. */
export function OwnGrant({ grant, role }: OwnGrantProps) {
  const { revoke } = useBucketGrantChanges(grant.projectId);
  const userId = useSession().session?.user.id;
  const navigate = useNavigate();
  const say = useSay();
  const [isLeaving, setIsLeaving] = useState(false);
  return (
    <div className="cl-note">
      <p>
        You were granted this bucket as <strong>{bucketAccessWords[grant.access]}</strong>
        {role === undefined
          ? ', without a role in the project. You see its objects and nothing else of the project.'
          : `, apart from your role as ${projectRoleWords[role]} of the project.`}
      </p>
      <Button kind="ghost" size="sm" onClick={() => setIsLeaving(true)}>
        Give it back …
      </Button>
      {isLeaving && userId !== undefined && (
        <Dialog
          title="Give the bucket back?"
          submitLabel="Give back"
          isDangerous
          onClose={() => setIsLeaving(false)}
          onSubmit={async () => {
            await revoke.mutateAsync(userId);
            say('You gave the bucket back');
            if (role === undefined) navigate('/buckets');
          }}
        >
          <p>
            {role === 'editor'
              ? 'The grant ends at once. Your role as Editor opens the objects still.'
              : 'Its objects are gone for you at once. Only an Admin of the project can grant it again.'}
          </p>
        </Dialog>
      )}
    </div>
  );
}
