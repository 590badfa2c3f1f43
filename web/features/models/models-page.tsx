import { CodeSnippet, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import type { Model } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useModelChanges, useModels } from '../../app/api/models.ts';
import { Dialog } from '../../components/dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { formatBytes } from '../../components/format.ts';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { ModelRow } from './model-row.tsx';

export function ModelsPage() {
  const { data: models, error, isPending, refetch } = useModels();
  const { remove } = useModelChanges();
  const [removing, setRemoving] = useState<Model>();
  const here = models?.filter((model) => model.installation.state === 'available') ?? [];
  const others = models?.filter((model) => model.installation.state !== 'available') ?? [];

  return (
    <Page title="Models" lead="Foundation models run on your organisation's own machines. No prompt leaves them.">
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={8} />}
      {models !== undefined && here.length === 0 && (
        <EmptyState title="No model is ready yet">
          <p>
            Fetch one from the list below, or import a GGUF file that you have. The Prompt Lab works as soon as one is
            ready.
          </p>
        </EmptyState>
      )}
      <ModelGroup title="Ready to use" models={here} onRemove={setRemoving} />
      <ModelGroup title="Can be fetched" models={others} onRemove={setRemoving} />
      {models !== undefined && (
        <section className="cl-section">
          <h2 className="cl-section__title">Import your own</h2>
          <p className="cl-section__text">
            On a machine without a way to the internet, or for a model of your own: copy the GGUF file to the server and
            run this. Requests then name the model <code>local/my-model</code>; another name can be given with{' '}
            <code>--id publisher/name</code>.
          </p>
          <CodeSnippet type="single" feedback="Copied" aria-label="Import command">
            npx cloister models import ./my-model.gguf
          </CodeSnippet>
        </section>
      )}
      {removing !== undefined && (
        <Dialog
          title="Remove model file?"
          submitLabel="Remove"
          isDangerous
          onClose={() => setRemoving(undefined)}
          onSubmit={() => remove.mutateAsync(removing.modelId)}
        >
          <p>
            The file of <strong>{removing.label}</strong>
            {removing.sizeBytes === null ? '' : ` (${formatBytes(removing.sizeBytes)})`} is deleted from this server.
            Saved prompts that use it stay; they can run again when it is fetched again.
          </p>
        </Dialog>
      )}
    </Page>
  );
}

type ModelGroupProps = { title: string; models: readonly Model[]; onRemove: (model: Model) => void };

function ModelGroup({ title, models, onRemove }: ModelGroupProps) {
  if (models.length === 0) return null;
  return (
    <section className="cl-section">
      <h2 className="cl-section__title">{title}</h2>
      <ul className="cl-models">
        {models.map((model) => (
          <ModelRow key={model.modelId} model={model} onRemove={() => onRemove(model)} />
        ))}
      </ul>
    </section>
  );
}
