import { Tag } from '@carbon/react';
import type { KeyStatus } from '../../../contract/app/index.ts';
import { FactList } from '../../components/fact-list.tsx';
import { formatCount, formatDayAndTime } from '../../components/format.ts';
import { boundAtWords, keyStateTag, providerWords } from '../../components/key-words.ts';

type KeyFactsProps = { status: KeyStatus; of: 'project' | 'account' };

/** What is known of a wrapping key: where it is, whether it may be used, and what it wraps. */
export function KeyFacts({ status, of }: KeyFactsProps) {
  const { providerName, kind, keyId, boundAt, state, accountState, provider, projectKeys, changedAt } = status;
  return (
    <FactList
      facts={[
        ['Provider', kind === undefined ? `${providerName} (gone)` : providerWords(providerName, kind)],
        ['Key', <code key="key">{keyId}</code>],
        ['Decided by', of === 'account' && boundAt === 'account' ? 'This account' : boundAtWords[boundAt]],
        [of === 'project' ? 'In this project' : 'In this account', <StateTag key="state" state={state} />],
        ...(accountState === undefined
          ? []
          : [['In the account', <StateTag key="account" state={accountState} />] as const]),
        [
          'At the provider',
          <div key="provider">
            <StateTag state={provider.state} />
            {provider.problem !== undefined && <p className="cl-key__problem">{provider.problem}</p>}
          </div>,
        ],
        ['Version', provider.keyVersion === undefined ? 'The provider does not tell' : String(provider.keyVersion)],
        ['Project keys', projectKeyWords(projectKeys)],
        [
          'Last wrapped',
          projectKeys.lastWrappedAt === undefined ? 'Never' : formatDayAndTime(projectKeys.lastWrappedAt),
        ],
        ...(changedAt === undefined ? [] : [['Last changed', formatDayAndTime(changedAt)] as const]),
      ]}
    />
  );
}

function StateTag({ state }: { state: Parameters<typeof keyStateTag>[0] }) {
  const { word, type } = keyStateTag(state);
  return (
    <Tag size="sm" type={type} className="cl-tag--alone">
      {word}
    </Tag>
  );
}

function projectKeyWords({ total, underThisKey }: KeyStatus['projectKeys']): string {
  if (total === 0) return 'None: one is made when something is saved';
  if (underThisKey === total) return `${formatCount(total)}, wrapped by this key in its present version`;
  return `${formatCount(total)}, of which ${formatCount(underThisKey)} are wrapped by this key in its present version. The others open too; rotating takes them up.`;
}
