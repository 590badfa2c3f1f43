import { Checkbox, CheckboxGroup, Select, SelectItem } from '@carbon/react';
import type { CredentialScope } from '../../../contract/app/index.ts';
import { useModels } from '../../app/api/models.ts';
import { useProjects } from '../../app/api/projects.ts';

/** A scope that is being chosen; `modelIds` is undefined for all models, and empty until one is chosen. */
export type ScopeDraft = { projectId: string; modelIds: readonly string[] | undefined; inferenceOnly: boolean };

export const wholeScope: ScopeDraft = { projectId: '', modelIds: undefined, inferenceOnly: false };

export const isCompleteScope = ({ modelIds }: ScopeDraft): boolean => modelIds === undefined || modelIds.length > 0;

export const scopeOf = ({ projectId, modelIds, inferenceOnly }: ScopeDraft): CredentialScope => ({
  ...(projectId === '' ? {} : { projectId }),
  ...(modelIds === undefined ? {} : { modelIds: [...modelIds] }),
  ...(inferenceOnly ? { inferenceOnly } : {}),
});

type ScopeFieldsProps = { scope: ScopeDraft; onChange: (scope: ScopeDraft) => void };

/** What a key may be used for: less than its owner may do, never more. */
export function ScopeFields({ scope, onChange }: ScopeFieldsProps) {
  const { data: projects = [] } = useProjects();
  const { data: models = [] } = useModels();
  const { modelIds } = scope;
  return (
    <>
      <Select
        id="api-key-project"
        labelText="Project"
        value={scope.projectId}
        onChange={({ target }) => onChange({ ...scope, projectId: target.value })}
      >
        <SelectItem value="" text="Every project" />
        {projects.map(({ id, name }) => (
          <SelectItem key={id} value={id} text={name} />
        ))}
      </Select>
      <Select
        id="api-key-models"
        labelText="Models"
        value={modelIds === undefined ? 'all' : 'chosen'}
        onChange={({ target }) => onChange({ ...scope, modelIds: target.value === 'all' ? undefined : [] })}
      >
        <SelectItem value="all" text="Every model" />
        <SelectItem value="chosen" text="Only those chosen below" />
      </Select>
      {modelIds !== undefined && (
        <CheckboxGroup legendText="Chosen models" className="cl-check-list">
          {models.map(({ modelId, label }) => (
            <Checkbox
              key={modelId}
              id={`api-key-model-${modelId}`}
              labelText={label}
              checked={modelIds.includes(modelId)}
              onChange={(_, { checked }) =>
                onChange({
                  ...scope,
                  modelIds: checked ? [...modelIds, modelId] : modelIds.filter((chosen) => chosen !== modelId),
                })
              }
            />
          ))}
        </CheckboxGroup>
      )}
      <Checkbox
        id="api-key-inference-only"
        labelText="Only for running prompts"
        helperText="Not for saved prompts, people or anything else."
        checked={scope.inferenceOnly}
        onChange={(_, { checked }) => onChange({ ...scope, inferenceOnly: checked })}
      />
    </>
  );
}
