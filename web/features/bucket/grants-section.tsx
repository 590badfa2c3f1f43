import { Add } from '@carbon/icons-react';
import { Button, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import type { BucketGrant } from '../../../contract/app/index.ts';
import { useBucketGrantChanges, useBucketGrants } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { useSession } from '../../app/session.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { Meanings } from '../../components/meanings.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { bucketAccesses, bucketAccessMeanings, bucketAccessWords } from '../../components/project-roles.ts';
import { AddGrantDialog, ChangeGrantDialog } from './grant-dialogs.tsx';
import { GrantsTable } from './grants-table.tsx';

type Open = { kind: 'add' } | { kind: 'change' | 'revoke'; grant: BucketGrant };

/** Who was granted the bucket apart from roles in the project. Admins see it, and decide it. */
export function GrantsSection({ projectId }: { projectId: string }) {
  const { data: grants, error, isPending, refetch } = useBucketGrants(projectId);
  const { revoke } = useBucketGrantChanges(projectId);
  const say = useSay();
  const userId = useSession().session?.user.id;
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);

  return (
    <section className="cl-section">
      <div className="cl-section__head">
        <h2 className="cl-section__title">Who was granted the bucket</h2>
        {grants !== undefined && (
          <Button kind="tertiary" size="md" renderIcon={Add} onClick={() => setOpen({ kind: 'add' })}>
            Grant access
          </Button>
        )}
      </div>
      <p className="cl-section__text">
        A grant stands apart from roles in the project: it opens the bucket's objects, saved prompts among them, to
        somebody who need not be a collaborator, and it stays when their role is changed or taken. Admins and Editors
        reach the objects without one.
      </p>
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={2} />}
      {grants?.length === 0 && <p className="cl-note">The bucket was granted to nobody.</p>}
      {grants !== undefined && grants.length > 0 && (
        <GrantsTable
          grants={grants}
          userId={userId}
          onChange={(grant) => setOpen({ kind: 'change', grant })}
          onRevoke={(grant) => setOpen({ kind: 'revoke', grant })}
        />
      )}
      <Meanings options={bucketAccesses} words={bucketAccessWords} meanings={bucketAccessMeanings} />
      {open?.kind === 'add' && <AddGrantDialog projectId={projectId} present={grants ?? []} onClose={close} />}
      {open?.kind === 'change' && <ChangeGrantDialog projectId={projectId} grant={open.grant} onClose={close} />}
      {open?.kind === 'revoke' && (
        <Dialog
          title={`Revoke the grant of ${open.grant.name}?`}
          submitLabel="Revoke"
          isDangerous
          onClose={close}
          onSubmit={async () => {
            await revoke.mutateAsync(open.grant.userId);
            say(`The grant of ${open.grant.name} was revoked`);
          }}
        >
          <p>
            The bucket is gone for <strong>{open.grant.name}</strong> at once, unless a role in the project opens it to
            them. Objects that they uploaded or downloaded stay where they are.
          </p>
        </Dialog>
      )}
    </section>
  );
}
