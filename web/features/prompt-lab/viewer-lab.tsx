import { Button, Search, SkeletonText } from '@carbon/react';
import { useDeferredValue, useState } from 'react';
import type { Project, PromptTemplateSummary } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { usePromptTemplates } from '../../app/api/prompt-templates.ts';
import { formatBytes, formatDayAndTime } from '../../components/format.ts';
import { KeyNotice } from '../../components/key-notice.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Column, RowsTable } from '../../components/rows-table.tsx';

const columns: readonly Column<PromptTemplateSummary>[] = [
  {
    header: 'Name',
    kind: 'name',
    cell: ({ name, description }) => (
      <>
        {name}
        {description !== '' && <span className="cl-table__second-line">{description}</span>}
      </>
    ),
  },
  { header: 'Changed', cell: ({ updatedAt }) => formatDayAndTime(updatedAt) },
  { header: 'Saved by', cell: ({ createdBy }) => createdBy },
  { header: 'Sealed size', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
];

/** What a Viewer has of the Prompt Lab: that prompts are saved, what they are called, and when and by whom. None opens, and nothing runs. */
export function ViewerLab({ project }: { project: Project }) {
  const [query, setQuery] = useState('');
  const list = usePromptTemplates(project.id, useDeferredValue(query.trim()));
  const prompts = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="Prompt Lab"
      lead={
        <>
          You are a Viewer of <strong>{project.name}</strong>: you see which prompts are saved in it. Opening them and
          running prompts takes the Editor role, which an Admin of the project can give you.
        </>
      }
    >
      <KeyNotice projectId={project.id} />
      <div className="cl-viewer-lab">
        <h2 className="cl-section__title">Saved prompts</h2>
        <Search
          size="md"
          labelText="Find a saved prompt by its name"
          placeholder="Find by name"
          autoComplete="off"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      {list.isPending && <SkeletonText paragraph lineCount={4} />}
      {list.error !== null && <ProblemNotice error={toApiError(list.error)} retry={() => void list.refetch()} />}
      {list.isSuccess && prompts.length === 0 && (
        <p className="cl-note">
          {query === '' ? 'Nothing is saved in this project yet.' : 'No saved prompt has this in its name.'}
        </p>
      )}
      {prompts.length > 0 && (
        <RowsTable label="Saved prompts" columns={columns} rows={prompts} rowKey={(prompt) => prompt.id} />
      )}
      {list.hasNextPage && (
        <Button kind="ghost" size="md" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {list.isFetchingNextPage ? 'Loading …' : 'Show more'}
        </Button>
      )}
    </Page>
  );
}
