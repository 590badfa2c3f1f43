import { AppError } from '../core/index.ts';

const REASON = 'sealed-data-not-readable';

/**
 * The one answer to everything that does not open. Changed bytes, missing bytes, another key, another context: the words are the same,
 * so that nobody learns from them which part of a guess was right. The cause is for the log, which leaves out its message.
 */
export function sealedDataNotReadable(cause?: unknown): AppError {
  return new AppError(
    'failed-precondition',
    'This sealed data cannot be opened: it is damaged, or it was sealed for another place or by another key. If a backup holds it, restore it from there.',
    { details: { reason: REASON }, cause },
  );
}

export const isNotReadable = ({ details }: AppError) => details.reason === REASON;
