import { invalidField } from '../core/index.ts';

const PART = '[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?';
const MODEL_ID = new RegExp(`^${PART}/${PART}$`);
const LONGEST_MODEL_ID = 200;

/**
 * Refuses text that is no model id: `publisher/name` in lower-case letters, digits, dots, dashes and underscores, so that it can
 * become a file name and nothing else.
 * @throws AppError `invalid-argument`
 */
export function checkModelId(modelId: string): void {
  const [publisher = '', name = ''] = modelId.split('/');
  const isFine =
    modelId.length <= LONGEST_MODEL_ID && MODEL_ID.test(modelId) && !publisher.includes('--') && !/\.\./.test(name);
  if (!isFine) {
    throw invalidField(
      'modelId',
      'must be "publisher/name" in lower-case letters, digits, dots, dashes and underscores, for example "ibm/granite-4.0-350m"',
    );
  }
}

/** The file name of a model, without its ending: `publisher--name`. */
export function fileStemOf(modelId: string): string {
  checkModelId(modelId);
  return modelId.replace('/', '--');
}

/** The model of a file name without its ending; undefined for a name that {@link fileStemOf} does not give. */
export function modelIdOfFileStem(stem: string): string | undefined {
  const separator = stem.indexOf('--');
  if (separator < 1) return undefined;
  const modelId = `${stem.slice(0, separator)}/${stem.slice(separator + 2)}`;
  return MODEL_ID.test(modelId) && modelId.length <= LONGEST_MODEL_ID ? modelId : undefined;
}
