import { AppError } from '../core/index.ts';

/**
 * Turns what the file system said of the models folder into a sentence with what to do.
 * @param error anything that was thrown; an AppError comes back as it is.
 */
export function asModelFolderError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = fileErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError(
      'resource-exhausted',
      'There is not enough space left in the models folder for this model. Nothing was added. Free some space, or remove a model that nobody uses, and try again.',
      { details: { reason: 'models-folder-full' }, cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AppError(
      'failed-precondition',
      `The server may not write in the models folder (${code}). Give the server's user the right to it, then try again.`,
      { details: { reason: 'models-folder-not-writable' }, cause: error },
    );
  }
  return new AppError(
    'unavailable',
    `The models folder does not answer as it should (${code ?? 'unknown error'}). Try again; if it stays, look at the disk.`,
    { details: { reason: 'models-folder-failed' }, cause: error },
  );
}

/** The system's name of an error, for example `ENOENT`. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
