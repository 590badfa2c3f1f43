import type { Actor } from '../core/index.ts';

/** Whether a credential that is limited to some models reaches this one; a list shows no others. */
export function isInScope({ scope }: Actor, modelId: string): boolean {
  return scope?.modelIds === undefined || scope.modelIds.includes(modelId);
}
