import { Button, Tag } from '@carbon/react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useProjects } from '../../app/api/projects.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Page } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { wouldLoseText } from '../prompt-lab/draft/draft.ts';
import { draftKey, findDraft, putDraft } from '../prompt-lab/draft/draft-store.ts';
import { draftOfSample } from './draft-of-sample.ts';
import { type Sample, type SampleCategory, sampleCategories, samples } from './samples.ts';

/** Ready prompts, which open in the Prompt Lab of the project. */
export function SamplesPage() {
  const { projectId = '' } = useParams();
  const projects = useProjects();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  return <Samples key={projectId} project={project} />;
}

function Samples({ project: { id: projectId, name, role } }: { project: Project }) {
  const [category, setCategory] = useState<SampleCategory>();
  const [asked, setAsked] = useState<Sample>();
  const navigate = useNavigate();
  const mayRun = role !== 'viewer';
  const shown = samples.filter((sample) => category === undefined || sample.category === category);
  const open = (sample: Sample) => {
    putDraft(draftKey(projectId, undefined), draftOfSample(sample));
    void navigate(`/projects/${projectId}/lab`);
  };
  const ask = (sample: Sample) => {
    const unsaved = findDraft(draftKey(projectId, undefined));
    if (unsaved !== undefined && wouldLoseText(unsaved)) setAsked(sample);
    else open(sample);
  };
  return (
    <Page
      title="Samples"
      lead={
        <>
          Ready prompts to try and to change, in the Prompt Lab of <strong>{name}</strong>. A sample opens as a new
          prompt: not stored unless you save it.
        </>
      }
    >
      {!mayRun && <p className="cl-note">You are a Viewer of this project: running prompts takes the Editor role.</p>}
      <CategoryFilter chosen={category} onChoose={setCategory} />
      <p className="cl-visually-hidden" role="status">
        {shown.length === 1 ? '1 sample' : `${shown.length} samples`}
      </p>
      <ul className="cl-samples" aria-label="Samples">
        {shown.map((sample) => (
          <li key={sample.id}>
            <SampleCard sample={sample} {...(mayRun ? { onOpen: () => ask(sample) } : {})} />
          </li>
        ))}
      </ul>
      {asked !== undefined && (
        <Dialog
          title="Replace your unsaved prompt?"
          submitLabel="Open the sample"
          isDangerous
          onClose={() => setAsked(undefined)}
          onSubmit={async () => open(asked)}
        >
          <p>The new prompt that you are working on in this project is not saved. Opening the sample drops it.</p>
        </Dialog>
      )}
    </Page>
  );
}

type CategoryFilterProps = {
  chosen: SampleCategory | undefined;
  onChoose: (category: SampleCategory | undefined) => void;
};

function CategoryFilter({ chosen, onChoose }: CategoryFilterProps) {
  return (
    <fieldset className="cl-samples-filter">
      <legend className="cl-visually-hidden">Kind of task</legend>
      {[undefined, ...sampleCategories].map((category) => (
        <Button
          key={category ?? 'all'}
          size="sm"
          kind={category === chosen ? 'primary' : 'tertiary'}
          aria-pressed={category === chosen}
          onClick={() => onChoose(category)}
        >
          {category ?? 'All'}
        </Button>
      ))}
    </fieldset>
  );
}

const modeWords = { freeform: 'Freeform', structured: 'Structured', chat: 'Chat' } as const;

function SampleCard({ sample, onOpen }: { sample: Sample; onOpen?: () => void }) {
  const { title, category, description, prompt, variables } = sample;
  return (
    <article className="cl-sample" aria-labelledby={`sample-${sample.id}`}>
      <h2 className="cl-sample__title" id={`sample-${sample.id}`}>
        {title}
      </h2>
      <p className="cl-sample__text">{description}</p>
      <p className="cl-sample__tags">
        <Tag size="sm" type="blue">
          {category}
        </Tag>
        <Tag size="sm" type="gray">
          {modeWords[prompt.mode]}
        </Tag>
        {variables.length > 0 && (
          <Tag size="sm" type="gray">
            {variables.length === 1 ? '1 variable' : `${variables.length} variables`}
          </Tag>
        )}
      </p>
      {onOpen !== undefined && (
        <Button kind="ghost" size="sm" aria-label={`Open ${title} in the Prompt Lab`} onClick={onOpen}>
          Open in the Prompt Lab
        </Button>
      )}
    </article>
  );
}
