import type { ModelLifecycle } from '../../inference/index.ts';

/** `system` of an answer, where there is something to warn of: nothing, or the field to spread (`SystemDetails` in IBM's SDK). */
export function modelWarnings(
  modelId: string,
  { state, deprecatedOn, withdrawnOn }: ModelLifecycle,
): { system?: { warnings: readonly { id: string; message: string }[] } } {
  if (state !== 'deprecated') return {};
  const end = withdrawnOn === null ? 'will be withdrawn' : `will be withdrawn on ${withdrawnOn}`;
  const message = `The model "${modelId}" is deprecated since ${deprecatedOn} and ${end}. Choose another in time.`;
  return { system: { warnings: [{ id: 'deprecation_warning', message }] } };
}
