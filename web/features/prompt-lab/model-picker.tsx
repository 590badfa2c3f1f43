import { Dropdown } from '@carbon/react';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import type { Model } from '../../../contract/app/index.ts';
import { formatBytes, formatContext, formatDay } from '../../components/format.ts';
import { modelStateWords } from '../../components/model-state-words.ts';

type ModelPickerProps = {
  offered: readonly Model[];
  model: Model | undefined;
  modelId: string;
  onChoose: (modelId: string) => void;
};

/** The models that can write, with what one needs to know to choose. */
export function ModelPicker({ offered, model, modelId, onChoose }: ModelPickerProps) {
  if (offered.length === 0) {
    return (
      <p className="cl-panel__empty">
        This server knows no model that writes text. Add one with <code>cloister models import</code>, or see the{' '}
        <Link to="/models">Models page</Link>.
      </p>
    );
  }
  return (
    <section className="cl-model" aria-label="Model">
      <Dropdown
        id="model"
        titleText="Model"
        label={modelId === '' ? 'Choose a model' : `${modelId} (not in the catalogue)`}
        items={[...offered].sort(byAvailability)}
        selectedItem={model ?? null}
        itemToString={(item) => item?.label ?? ''}
        itemToElement={(item) =>
          item === null ? (
            ''
          ) : (
            <span className="cl-model__item">
              <span className="cl-truncate">{item.label}</span>
              <span className="cl-model__item-state cl-truncate">{inShort(item)}</span>
            </span>
          )
        }
        onChange={({ selectedItem }) => {
          if (selectedItem !== null) onChoose(selectedItem.modelId);
        }}
      />
      {model === undefined && modelId !== '' && (
        <p className="cl-model__missing">
          This prompt was saved with a model that the catalogue no longer lists. Choose another.
        </p>
      )}
      {model !== undefined && (
        <dl className="cl-model__facts">
          <ModelFact term="Publisher">{model.publisher}</ModelFact>
          <ModelFact term="Licence">{model.licence}</ModelFact>
          <ModelFact term="Size">
            {[
              model.parameterCount === null ? null : `${model.parameterCount} parameters`,
              model.sizeBytes === null ? null : formatBytes(model.sizeBytes),
            ]
              .filter((part) => part !== null)
              .join(', ') || 'not known'}
          </ModelFact>
          <ModelFact term="Context">{formatContext(model.contextLength)} tokens</ModelFact>
          <ModelFact term="Runs">{model.runsOn}</ModelFact>
          <ModelFact term="State">{modelStateWords(model)}</ModelFact>
          <ModelFact term="Lifecycle">{lifecycleWords(model)}</ModelFact>
        </dl>
      )}
    </section>
  );
}

/** Its lifecycle with the day that matters to who uses it. */
function lifecycleWords({ lifecycle, deprecatedOn, withdrawnOn }: Model): string {
  const until = withdrawnOn === null ? '' : `, to be withdrawn on ${formatDay(withdrawnOn)}`;
  switch (lifecycle) {
    case 'available':
      return deprecatedOn === null ? `Available${until}` : `Available, deprecated from ${formatDay(deprecatedOn)}`;
    case 'deprecated':
      return `Deprecated${until}`;
    case 'withdrawn':
      return `Withdrawn${withdrawnOn === null ? '' : ` since ${formatDay(withdrawnOn)}`}`;
  }
}

/** What one needs to choose it in the list: licence, size, context, where it runs, and its state where that is not the usual one. */
function inShort(model: Model): string {
  const { licence, parameterCount, sizeBytes, contextLength, runsOn, lifecycle, installation } = model;
  const size = parameterCount ?? (sizeBytes === null ? 'size not known' : formatBytes(sizeBytes));
  const state = installation.state === 'available' ? [] : [modelStateWords(model)];
  const life = lifecycle === 'available' ? [] : [lifecycleWords(model)];
  return [licence, size, `${formatContext(contextLength)} context`, runsOn, ...life, ...state].join(' · ');
}

const byAvailability = (one: Model, other: Model): number =>
  Number(other.installation.state === 'available') - Number(one.installation.state === 'available');

function ModelFact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
