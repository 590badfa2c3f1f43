import { AppError } from '../core/index.ts';

/**
 * Turns what the file system said into a sentence with what to do.
 * @param error anything that was thrown; an AppError comes back as it is.
 */
export function asStorageError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = fileErrorCode(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError(
        'resource-exhausted',
        'There is no space left where saved content is stored. Nothing was changed. Free some space, or ask the operator to, and try again.',
        { details: { reason: 'storage-full' }, cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError(
        'failed-precondition',
        `The server may not write where saved content is stored (${code}). Nothing was changed. The operator must give the server's user the right to it (CLOISTER_BUCKET), then try again.`,
        { details: { reason: 'storage-not-writable' }, cause: error },
      );
    default:
      return new AppError(
        'unavailable',
        `The storage of saved content does not answer as it should (${code ?? 'unknown error'}). Try again; if it stays, tell the operator.`,
        { details: { reason: 'storage-failed' }, cause: error },
      );
  }
}

/** The system's name of an error, for example `ENOENT`. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
