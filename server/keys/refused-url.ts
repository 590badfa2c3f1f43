import { AppError } from '../core/index.ts';

/** @param why in words that quote nothing of the URL: somebody may have written a secret into it */
export function refusedUrl(why: string): AppError {
  return new AppError('invalid-argument', `the URL cannot be used: ${why}`);
}
