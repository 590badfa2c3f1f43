import { Button, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import type { BucketObject } from '../../../contract/app/index.ts';
import { useBucketObjects, useObjectChanges } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Receipt, ReceiptLine } from '../../components/receipt-line.tsx';
import { ObjectsTable } from './objects-table.tsx';
import { UploadObject } from './upload-object.tsx';

type ObjectsSectionProps = { projectId: string; mayWrite: boolean };

/** What is in the bucket. Objects have no names: what they are called, if anything, is metadata of the project. */
export function ObjectsSection({ projectId, mayWrite }: ObjectsSectionProps) {
  const list = useBucketObjects(projectId);
  const { remove } = useObjectChanges(projectId);
  const say = useSay();
  const [deleting, setDeleting] = useState<BucketObject>();
  const [receipt, setReceipt] = useState<Receipt>();
  const objects = list.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <section className="cl-section">
      <h2 className="cl-section__title">Objects</h2>
      <p className="cl-section__text">
        Opening an object downloads it: the copy on your computer is not sealed. Every opening is recorded in the audit
        log.
      </p>
      {mayWrite && <UploadObject projectId={projectId} />}
      {list.error !== null && <ProblemNotice error={toApiError(list.error)} retry={() => void list.refetch()} />}
      {list.isPending && <SkeletonText paragraph lineCount={4} />}
      {list.isSuccess && objects.length === 0 && (
        <EmptyState title="The bucket is empty">
          <p>{mayWrite ? 'Saved prompts come here, and whatever is uploaded.' : 'Nothing is saved in it yet.'}</p>
        </EmptyState>
      )}
      {receipt !== undefined && <ReceiptLine receipt={receipt} onClose={() => setReceipt(undefined)} />}
      {objects.length > 0 && (
        <ObjectsTable projectId={projectId} objects={objects} mayWrite={mayWrite} onDelete={setDeleting} />
      )}
      {list.hasNextPage && (
        <Button kind="ghost" size="md" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {list.isFetchingNextPage ? 'Loading …' : 'Show more'}
        </Button>
      )}
      {deleting !== undefined && (
        <Dialog
          title="Delete object?"
          submitLabel="Delete"
          isDangerous
          onClose={() => setDeleting(undefined)}
          onSubmit={async () => {
            const { receipt } = await remove.mutateAsync(deleting.objectId);
            setReceipt({ what: `Object ${deleting.objectId}`, id: deleting.objectId, receipt });
            say('Object deleted');
          }}
        >
          {deleting.belongsToAsset && (
            <p>
              <strong>It is the content of an asset.</strong> The asset stays in the list of the project, and nobody can
              open it any more.
            </p>
          )}
          <p>
            The key of <code className="cl-objects__id">{deleting.objectId}</code> is destroyed first, so that no copy
            or backup of it can be read again. This cannot be undone.
          </p>
        </Dialog>
      )}
    </section>
  );
}
