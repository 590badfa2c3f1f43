import { SkeletonText } from '@carbon/react';
import type { BucketSummary } from '../../../contract/app/index.ts';
import { useBucketSummary } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { FactList } from '../../components/fact-list.tsx';
import { formatBytes, formatCount } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { storageKindWords } from '../../components/storage-words.ts';
import { SizeBars } from './size-bars.tsx';

/** Which bucket it is, in what kind of storage, and how much of it is taken by what. */
export function SummarySection({ projectId }: { projectId: string }) {
  const { data: summary, error, isPending, refetch } = useBucketSummary(projectId);
  return (
    <section aria-labelledby="bucket-summary">
      <h2 className="cl-section__title" id="bucket-summary">
        What is in it
      </h2>
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {summary !== undefined && (
        <div className="cl-bucket-summary">
          <FactList facts={factsOf(summary)} />
          {summary.objects > 0 && <SizeBars summary={summary} />}
        </div>
      )}
    </section>
  );
}

const credentialWords = {
  'of-bucket': 'Its own: they open no other bucket',
  'of-instance': 'Those of the whole storage: they open every bucket of it',
} as const;

function factsOf({ kind, name, host, credentials, objects, sealedBytes }: BucketSummary) {
  return [
    ['Storage', storageKindWords(kind)],
    ...(name === undefined
      ? []
      : [[kind === 'filesystem' ? 'Folder' : 'Bucket', <code key="name">{name}</code>] as const]),
    ...(host === undefined ? [] : [['Host', <code key="host">{host}</code>] as const]),
    ...(credentials === undefined ? [] : [['Credentials', credentialWords[credentials]] as const]),
    ['Objects', formatCount(objects)],
    ['Sealed size', formatBytes(sealedBytes)],
  ] as const;
}
