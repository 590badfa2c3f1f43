import { Tag } from '@carbon/react';
import type { Asset, BucketSummary, KeyStatus } from '../../../contract/app/index.ts';
import { useBucketSummary } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { useKeyStatus } from '../../app/api/keys.ts';
import { FactList } from '../../components/fact-list.tsx';
import { keyStateTag, providerWords } from '../../components/key-words.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { storageKindWords } from '../../components/storage-words.ts';

/** Which key an asset's content is sealed under and whether that may be used, and which bucket it is in. */
export function AssetWhereabouts({ projectId, asset }: { projectId: string; asset: Asset }) {
  const key = useKeyStatus({ projectId });
  const bucket = useBucketSummary(projectId);
  const error = key.error ?? bucket.error;
  return (
    <>
      {error !== null && <ProblemNotice error={toApiError(error)} />}
      <FactList
        facts={[
          ...(key.data === undefined ? [] : keyFacts(key.data)),
          ...(bucket.data === undefined ? [] : bucketFacts(bucket.data, asset)),
        ]}
      />
    </>
  );
}

function keyFacts({ providerName, kind, keyId, state, accountState, provider }: KeyStatus) {
  const version = provider.keyVersion === undefined ? '' : `, version ${provider.keyVersion}`;
  // The state that hinders most is the one that counts: each of the three alone keeps the content shut.
  const states = [state, accountState ?? 'enabled', provider.state] as const;
  const { word, type } = keyStateTag(states.find((each) => each !== 'enabled') ?? 'enabled');
  return [
    ['Key provider', kind === undefined ? `${providerName} (gone)` : providerWords(providerName, kind)],
    [
      'Wrapping key',
      <span key="key">
        <code>{keyId}</code>
        {version}
      </span>,
    ],
    [
      'Key state',
      <Tag key="state" size="sm" type={type} className="cl-tag--alone">
        {word}
      </Tag>,
    ],
  ] as const;
}

function bucketFacts({ kind, name, host }: BucketSummary, { sealedSizeBytes }: Asset) {
  return [
    ['Storage', storageKindWords(kind)],
    ...(name === undefined
      ? []
      : [[kind === 'filesystem' ? 'Folder' : 'Bucket', <code key="name">{name}</code>] as const]),
    ...(host === undefined ? [] : [['Host', <code key="host">{host}</code>] as const]),
    ['In the bucket', sealedSizeBytes === 0 ? 'Content missing' : 'One sealed object, under a key of its own'],
  ] as const;
}
