import { Checkbox, Search, SkeletonText } from '@carbon/react';
import { type KeyboardEvent, useDeferredValue, useState } from 'react';
import type { Candidate } from '../../contract/app/index.ts';
import { toApiError } from '../app/api/client.ts';
import { useCandidates } from '../app/api/collaborators.ts';
import { ProblemNotice } from './problem-notice.tsx';

type CandidatePickerProps = {
  projectId: string;
  /** Those who are in the project, where they may be picked too; the server finds the others. */
  collaborators?: readonly Candidate[];
  /** Who has it already. */
  without: ReadonlySet<string>;
  picked: readonly Candidate[];
  onPick: (picked: readonly Candidate[]) => void;
};

/** Finds people and service IDs of the account, and picks one or several. Whoever is picked stays in sight whatever is looked for next. */
export function CandidatePicker({ projectId, collaborators = [], without, picked, onPick }: CandidatePickerProps) {
  const [query, setQuery] = useState('');
  const text = useDeferredValue(query.trim());
  const found = useCandidates(projectId, text);
  const isPicked = (candidate: Candidate) => picked.some(({ userId }) => userId === candidate.userId);
  const offered = [...collaborators.filter((candidate) => isLike(candidate, text)), ...(found.data ?? [])].filter(
    ({ userId }) => !without.has(userId),
  );
  // Nobody moves while they are being picked; only those who are not found any more go to the top.
  const shown = [...picked.filter(({ userId }) => !offered.some((other) => other.userId === userId)), ...offered];

  return (
    <div className="cl-picker">
      <Search
        size="md"
        data-modal-primary-focus
        labelText="Find people and service IDs by name or e-mail address"
        placeholder="Name or e-mail address"
        autoComplete="off"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={letEscapeClose}
      />
      {found.error !== null && <ProblemNotice error={toApiError(found.error)} retry={() => void found.refetch()} />}
      {found.isPending && <SkeletonText paragraph lineCount={3} />}
      {/* The list scrolls by itself, and its checkboxes bring the keyboard there. */}
      <fieldset className="cl-picker__list">
        <legend className="cl-visually-hidden">Whom to add</legend>
        {shown.map((candidate) => (
          <Checkbox
            key={candidate.userId}
            id={`candidate-${candidate.userId}`}
            labelText={
              <span className="cl-picker__label">
                <span>{candidate.name}</span>
                <span className="cl-picker__more">{candidate.email ?? 'Service ID'}</span>
              </span>
            }
            checked={isPicked(candidate)}
            onChange={(_, { checked }) =>
              onPick(checked ? [...picked, candidate] : picked.filter(({ userId }) => userId !== candidate.userId))
            }
          />
        ))}
      </fieldset>
      <p className="cl-picker__none" role="status">
        {found.isSuccess && offered.length === 0 && noneWords(query.trim(), picked.length)}
      </p>
    </div>
  );
}

/** Carbon's field keeps the Escape key to itself; when there is nothing to clear, it closes the dialog. */
function letEscapeClose(event: KeyboardEvent<HTMLInputElement>): void {
  if (event.key === 'Escape' && event.currentTarget.value === '') event.preventDefault();
}

function isLike({ name, email }: Candidate, text: string): boolean {
  return `${name}\n${email ?? ''}`.toLowerCase().includes(text.toLowerCase());
}

function noneWords(query: string, pickedCount: number): string {
  if (query !== '')
    return `Nobody ${pickedCount === 0 ? '' : 'else '}who could be added has this in their name or address.`;
  return pickedCount === 0 ? 'Everybody in this account is here already. An administrator can invite people.' : '';
}
