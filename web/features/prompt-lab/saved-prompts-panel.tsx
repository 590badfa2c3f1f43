import { Close } from '@carbon/icons-react';
import { Button, IconButton, OverflowMenu, OverflowMenuItem, Search, SkeletonText } from '@carbon/react';
import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router-dom';
import type { PromptTemplateSummary } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { usePromptTemplates } from '../../app/api/prompt-templates.ts';
import { formatDayAndTime } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import type { NamedPrompt } from './lab-dialogs.tsx';

type SavedPromptsPanelProps = {
  projectId: string;
  openId: string | undefined;
  onClose: () => void;
  onRename: (prompt: NamedPrompt) => void;
  onDelete: (prompt: NamedPrompt) => void;
};

/** The project's saved prompts: find one, open it, rename it, delete it. */
export function SavedPromptsPanel({ projectId, openId, onClose, onRename, onDelete }: SavedPromptsPanelProps) {
  const [query, setQuery] = useState('');
  const list = usePromptTemplates(projectId, useDeferredValue(query.trim()));
  const prompts = list.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <aside className="cl-panel cl-panel--saved" aria-label="Saved prompts">
      <div className="cl-panel__head">
        <h2 className="cl-panel__title">Saved prompts</h2>
        <IconButton label="Close saved prompts" kind="ghost" size="sm" align="bottom-right" onClick={onClose}>
          <Close />
        </IconButton>
      </div>
      <Search
        size="md"
        labelText="Find a saved prompt by its name"
        placeholder="Find by name"
        autoComplete="off"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <div className="cl-panel__scroll">
        {list.isPending && <SkeletonText paragraph lineCount={5} className="cl-panel__skeleton" />}
        {list.error !== null && <ProblemNotice error={toApiError(list.error)} retry={() => void list.refetch()} />}
        {list.isSuccess && prompts.length === 0 && (
          <p className="cl-panel__empty">
            {query === ''
              ? 'Nothing is saved in this project yet. “Save as …” keeps the prompt you are working on.'
              : 'No saved prompt has this in its name.'}
          </p>
        )}
        <ul className="cl-saved">
          {prompts.map((prompt) => (
            <SavedPromptRow
              key={prompt.id}
              projectId={projectId}
              prompt={prompt}
              isOpen={prompt.id === openId}
              onRename={onRename}
              onDelete={onDelete}
            />
          ))}
        </ul>
        {list.hasNextPage && (
          <Button kind="ghost" size="sm" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {list.isFetchingNextPage ? 'Loading …' : 'Show more'}
          </Button>
        )}
      </div>
    </aside>
  );
}

type SavedPromptRowProps = Omit<SavedPromptsPanelProps, 'openId' | 'onClose'> & {
  prompt: PromptTemplateSummary;
  isOpen: boolean;
};

function SavedPromptRow({ projectId, prompt, isOpen, onRename, onDelete }: SavedPromptRowProps) {
  return (
    <li className={isOpen ? 'cl-saved__row cl-saved__row--open' : 'cl-saved__row'}>
      <Link
        to={`/projects/${projectId}/lab/${prompt.id}`}
        className="cl-saved__link"
        aria-current={isOpen ? 'page' : undefined}
      >
        <span className="cl-saved__name">{prompt.name}</span>
        {prompt.description !== '' && <span className="cl-saved__description">{prompt.description}</span>}
        <span className="cl-saved__line">
          {formatDayAndTime(prompt.updatedAt)} · {prompt.createdBy}
        </span>
      </Link>
      <OverflowMenu
        aria-label={`Actions for ${prompt.name}`}
        iconDescription={`Actions for ${prompt.name}`}
        size="sm"
        flipped
      >
        <OverflowMenuItem itemText="Rename …" onClick={() => onRename(prompt)} />
        <OverflowMenuItem itemText="Delete …" isDelete hasDivider onClick={() => onDelete(prompt)} />
      </OverflowMenu>
    </li>
  );
}
