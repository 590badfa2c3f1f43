import { Download, TrashCan } from '@carbon/icons-react';
import { Button, ProgressBar, Tag } from '@carbon/react';
import type { Model } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useModelChanges } from '../../app/api/models.ts';
import { formatBytes, formatContext } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';

/** One model of the catalogue: what it is, whether it is here, and what one can do. */
export function ModelRow({ model, onRemove }: { model: Model; onRemove: () => void }) {
  const { pull } = useModelChanges();
  const { installation } = model;
  const facts = [
    model.publisher,
    model.licence,
    model.parameterCount === null ? null : `${model.parameterCount} parameters`,
    model.sizeBytes === null ? null : formatBytes(model.sizeBytes),
    `${formatContext(model.contextLength)} tokens of context`,
    `runs ${model.runsOn}`,
  ].filter((fact) => fact !== null);

  return (
    <li className="cl-models__row">
      <div className="cl-models__main">
        <h3 className="cl-models__name">
          {model.label}
          {model.isDefault && (
            <Tag size="sm" type="blue">
              Default
            </Tag>
          )}
          {model.lifecycle !== 'available' && (
            <Tag size="sm" type="magenta">
              {model.lifecycle}
            </Tag>
          )}
        </h3>
        <p className="cl-models__id">{model.modelId}</p>
        <p className="cl-models__text">{model.description}</p>
        <p className="cl-models__facts">{facts.join(' · ')}</p>
        {installation.state === 'pulling' && (
          <ProgressBar
            size="small"
            label={`Fetching from ${installation.source}`}
            helperText={
              installation.totalBytes === null
                ? `${formatBytes(installation.receivedBytes)} so far`
                : `${formatBytes(installation.receivedBytes)} of ${formatBytes(installation.totalBytes)}`
            }
            max={100}
            {...(installation.totalBytes === null
              ? {}
              : { value: (installation.receivedBytes / Math.max(installation.totalBytes, 1)) * 100 })}
          />
        )}
        {installation.state === 'failed' && <p className="cl-models__failed">{installation.detail}</p>}
        {pull.error !== null && <ProblemNotice error={toApiError(pull.error)} />}
      </div>
      <div className="cl-models__actions">
        {installation.state === 'available' && (
          <Button kind="ghost" size="sm" renderIcon={TrashCan} aria-label={`Remove ${model.label}`} onClick={onRemove}>
            Remove
          </Button>
        )}
        {(installation.state === 'absent' || installation.state === 'failed') && (
          <Button
            kind="tertiary"
            size="sm"
            renderIcon={Download}
            disabled={pull.isPending}
            aria-label={`${installation.state === 'failed' ? 'Try again to fetch' : 'Fetch'} ${model.label}`}
            onClick={() => pull.mutate(model.modelId)}
          >
            {pull.isPending ? 'Starting …' : installation.state === 'failed' ? 'Try again' : 'Fetch'}
          </Button>
        )}
      </div>
    </li>
  );
}
