import { AppError, isAppError } from '../core/index.ts';

/** What a surface calls the fields that the rooms name in their own words. */
export type FieldNames = { readonly modelId: string; readonly prompt: string };

/**
 * The events of a service, its refusals in the words of the surface that asked. Done where the service is called and not where errors are
 * written: there, a field that the caller himself named `prompt` could not be told from the domain's.
 */
export async function* inTheWordsOf<T>(names: FieldNames, events: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    throw renamed(error, names);
  }
}

function renamed(error: unknown, names: FieldNames): unknown {
  if (!isAppError(error) || error.details.fields === undefined) return error;
  const fields = error.details.fields.map(({ field, message }) => ({
    field: field === 'modelId' || field === 'prompt' ? names[field] : field,
    message,
  }));
  return new AppError(error.code, error.message, { details: { ...error.details, fields }, cause: error });
}
