import { InlineNotification, OverflowMenu, OverflowMenuItem, Tag } from '@carbon/react';
import type { ApiKey, CredentialScope } from '../../../contract/app/index.ts';
import { useModels } from '../../app/api/models.ts';
import { useProjects } from '../../app/api/projects.ts';
import { formatDay, formatDayAndTime } from '../format.ts';
import { type Column, RowsTable } from '../rows-table.tsx';
import { daysLeftWords, expiryState } from './expiry.ts';

type ApiKeyTableProps = {
  keys: readonly ApiKey[];
  onRotate: (apiKey: ApiKey) => void;
  onDelete: (apiKey: ApiKey) => void;
};

export function ApiKeyTable({ keys, onRotate, onDelete }: ApiKeyTableProps) {
  const ending = keys.filter((apiKey) => expiryState(apiKey).state === 'soon');
  const columns: readonly Column<ApiKey>[] = [
    { header: 'Name', kind: 'name', cell: ({ name }) => name },
    { header: 'Begins with', cell: ({ prefix }) => <code>{prefix}…</code> },
    { header: 'May be used for', cell: ({ scope }) => <ScopeWords scope={scope} /> },
    { header: 'Expires', cell: (apiKey) => <ExpiryWords apiKey={apiKey} /> },
    { header: 'Created', cell: ({ createdAt }) => formatDay(createdAt) },
    {
      header: 'Last used',
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'Never' : formatDayAndTime(lastUsedAt)),
    },
    {
      header: 'Actions',
      kind: 'actions',
      cell: (apiKey) => (
        <OverflowMenu
          aria-label={`Actions for API key ${apiKey.name}`}
          iconDescription={`Actions for API key ${apiKey.name}`}
          flipped
          size="md"
        >
          <OverflowMenuItem itemText="Rotate …" onClick={() => onRotate(apiKey)} />
          <OverflowMenuItem itemText="Delete …" isDelete hasDivider onClick={() => onDelete(apiKey)} />
        </OverflowMenu>
      ),
    },
  ];
  return (
    <>
      {ending.length > 0 && (
        <InlineNotification
          className="cl-notice"
          kind="warning"
          lowContrast
          hideCloseButton
          title={ending.length === 1 ? 'A key expires soon.' : `${ending.length} keys expire soon.`}
          subtitle={`Give the programs that use ${ending.length === 1 ? 'it' : 'them'} a new key in time: ${ending
            .map(({ name }) => name)
            .join(', ')}.`}
        />
      )}
      <RowsTable label="API keys" columns={columns} rows={keys} rowKey={({ id }) => id} />
    </>
  );
}

function ExpiryWords({ apiKey }: { apiKey: ApiKey }) {
  const expiry = expiryState(apiKey);
  if (apiKey.expiresAt === null) return 'Never';
  return (
    <>
      {formatDay(apiKey.expiresAt)}
      {expiry.state === 'expired' && (
        <Tag size="sm" type="red">
          Expired
        </Tag>
      )}
      {expiry.state === 'soon' && (
        <Tag size="sm" type="magenta">
          {daysLeftWords(expiry.daysLeft)}
        </Tag>
      )}
    </>
  );
}

/** A scope in a few words; no words for what limits nothing. */
function ScopeWords({ scope }: { scope: CredentialScope }) {
  const { data: projects = [] } = useProjects();
  const { data: models = [] } = useModels();
  const { projectId, modelIds, inferenceOnly } = scope;
  if (projectId === undefined && modelIds === undefined && inferenceOnly !== true) return 'Everything';
  const labelOf = (modelId: string) => models.find((model) => model.modelId === modelId)?.label ?? modelId;
  return (
    <ul className="cl-scope">
      {projectId !== undefined && (
        <li>{projects.find(({ id }) => id === projectId)?.name ?? 'A project that you have no part in'}</li>
      )}
      {modelIds !== undefined && (
        <li>{modelIds.length > 2 ? `${modelIds.length} models` : modelIds.map(labelOf).join(', ')}</li>
      )}
      {inferenceOnly === true && <li>Running prompts only</li>}
    </ul>
  );
}
