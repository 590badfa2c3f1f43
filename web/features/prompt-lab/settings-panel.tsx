import { Close, Reset } from '@carbon/icons-react';
import { Button, IconButton, SkeletonText } from '@carbon/react';
import type { Model } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import type { useModels } from '../../app/api/models.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { defaultParameters } from './decoding-parameters.ts';
import type { Draft } from './draft/draft.ts';
import { isSame } from './draft/is-same.ts';
import { GuardrailFields } from './guardrail-fields.tsx';
import { ModelPicker } from './model-picker.tsx';
import { ParameterFields } from './parameter-fields.tsx';
import { TokensSection } from './tokens-section.tsx';
import { VariablesSection } from './variables-section.tsx';

type SettingsPanelProps = {
  projectId: string;
  draft: Draft | undefined;
  change: (change: (draft: Draft) => Draft) => void;
  models: ReturnType<typeof useModels>;
  offered: readonly Model[];
  model: Model | undefined;
  lastSeed: number | undefined;
  onClose: () => void;
};

/** Which model answers, and how it chooses its words. */
export function SettingsPanel(props: SettingsPanelProps) {
  const { projectId, draft, change, models, offered, model, lastSeed, onClose } = props;
  const isDefault = isSame(draft?.parameters, defaultParameters);
  return (
    <aside className="cl-panel cl-panel--settings" aria-label="Model and parameters">
      <div className="cl-panel__head">
        <h2 className="cl-panel__title">Model and parameters</h2>
        <IconButton label="Close model and parameters" kind="ghost" size="sm" align="bottom-right" onClick={onClose}>
          <Close />
        </IconButton>
      </div>
      <div className="cl-panel__scroll cl-panel__scroll--padded">
        {models.error !== null ? (
          <ProblemNotice error={toApiError(models.error)} retry={() => void models.refetch()} />
        ) : draft === undefined || models.isPending ? (
          <SkeletonText paragraph lineCount={8} />
        ) : (
          <>
            <ModelPicker
              offered={offered}
              model={model}
              modelId={draft.modelId}
              onChoose={(modelId) => change((before) => ({ ...before, modelId }))}
            />
            <VariablesSection draft={draft} change={change} />
            <section className="cl-parameters" aria-labelledby="parameters-title">
              <div className="cl-parameters__head">
                <h3 id="parameters-title" className="cl-panel__subtitle">
                  Decoding parameters
                </h3>
                <Button
                  kind="ghost"
                  size="sm"
                  renderIcon={Reset}
                  disabled={isDefault}
                  onClick={() => change((before) => ({ ...before, parameters: defaultParameters }))}
                >
                  Reset all
                </Button>
              </div>
              <ParameterFields
                parameters={draft.parameters}
                lastSeed={lastSeed}
                onChange={(parameters) => change((before) => ({ ...before, parameters }))}
              />
            </section>
            <GuardrailFields
              guardrails={draft.guardrails}
              onChange={(guardrails) => change((before) => ({ ...before, guardrails }))}
            />
            <TokensSection projectId={projectId} draft={draft} canCount={model?.installation.state === 'available'} />
          </>
        )}
      </div>
    </aside>
  );
}
