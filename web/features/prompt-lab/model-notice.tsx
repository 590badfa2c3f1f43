import { ActionableNotification, ProgressBar } from '@carbon/react';
import { useNavigate } from 'react-router-dom';
import type { Model } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useModelChanges } from '../../app/api/models.ts';
import { formatBytes } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import type { LabMode } from './draft/draft.ts';

type ModelNoticeProps = {
  model: Model | undefined;
  /** No other model is ready to be chosen instead. */
  isAlone: boolean;
  mode: LabMode;
};

/** Why the prompt cannot run now, and what to do about it; nothing when it can. */
export function ModelNotice({ model, isAlone, mode }: ModelNoticeProps) {
  const { pull } = useModelChanges();
  const navigate = useNavigate();
  const shared = { lowContrast: true, hideCloseButton: true, className: 'cl-model-notice' } as const;

  if (model === undefined) return null;
  if (pull.error !== null) {
    return <ProblemNotice error={toApiError(pull.error)} retry={() => pull.mutate(model.modelId)} />;
  }
  if (model.lifecycle === 'withdrawn') {
    return (
      <ActionableNotification
        {...shared}
        kind="warning"
        inline
        hasFocus={false}
        title={`${model.label} was withdrawn and no longer runs.`}
        subtitle="Choose another model: the prompt goes to no other by itself."
        actionButtonLabel="See the models"
        onActionButtonClick={() => navigate('/models')}
      />
    );
  }
  const { installation } = model;
  const fetchModel = { actionButtonLabel: 'Fetch the model', onActionButtonClick: () => pull.mutate(model.modelId) };
  switch (installation.state) {
    case 'pulling':
      return (
        <div className="cl-model-notice cl-model-notice--pulling">
          <ProgressBar
            label={`Fetching ${model.label} from ${installation.source}`}
            helperText={
              installation.totalBytes === null
                ? `${installation.receivedBytes === 0 ? 'Connecting …' : `${formatBytes(installation.receivedBytes)} so far.`} You can write meanwhile.`
                : `${formatBytes(installation.receivedBytes)} of ${formatBytes(installation.totalBytes)}. You can write meanwhile.`
            }
            max={100}
            {...(installation.totalBytes === null
              ? {}
              : { value: (installation.receivedBytes / Math.max(installation.totalBytes, 1)) * 100 })}
          />
        </div>
      );
    case 'absent':
      return (
        <ActionableNotification
          {...shared}
          {...fetchModel}
          kind="info"
          inline
          hasFocus={false}
          title={`${model.label} is not on this server yet.`}
          subtitle={`Fetch it${model.sizeBytes === null ? '' : ` (${formatBytes(model.sizeBytes)})`} to run prompts, ${isAlone ? 'or import a model file: the Models page says how.' : 'or choose a model that is here.'}`}
        />
      );
    case 'failed':
      return (
        <ActionableNotification
          {...shared}
          {...fetchModel}
          kind="error"
          inline
          hasFocus={false}
          title={`${model.label} could not be fetched.`}
          subtitle={installation.detail}
          actionButtonLabel="Try again"
        />
      );
    case 'available':
      if (mode === 'chat' && !model.functions.includes('text_chat')) {
        return (
          <ActionableNotification
            {...shared}
            kind="warning"
            inline
            hasFocus={false}
            title={`${model.label} cannot chat.`}
            subtitle="Choose a model that can, or use Freeform."
            actionButtonLabel="See the models"
            onActionButtonClick={() => navigate('/models')}
          />
        );
      }
      return null;
  }
}
