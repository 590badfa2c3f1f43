import type { Problem } from '../../../contract/app/index.ts';
import type { AppError, AppErrorCode } from '../../core/index.ts';
import { isDiskFull, statusOf } from '../error-status.ts';

const TITLES: Readonly<Record<AppErrorCode, string>> = {
  'invalid-argument': 'The request is not valid',
  unauthenticated: 'Not signed in',
  'permission-denied': 'Not allowed',
  'not-found': 'Not found',
  'already-exists': 'It exists already',
  'failed-precondition': 'Not possible right now',
  'resource-exhausted': 'Too much at once',
  cancelled: 'Cancelled',
  'deadline-exceeded': 'It took too long',
  unavailable: 'Not available right now',
  unimplemented: 'Not supported',
  internal: 'Something went wrong',
};

/** An error in the app's shape: problem details, RFC 9457. */
export function toProblem(error: AppError, trace: string): Problem {
  const { fields, reason } = error.details;
  return {
    type: `urn:cloister:error:${error.code}`,
    title: isDiskFull(error) ? 'No space left' : TITLES[error.code],
    status: statusOf(error),
    detail: error.message,
    code: error.code,
    ...(reason === undefined ? {} : { reason }),
    ...(fields === undefined ? {} : { fields: [...fields] }),
    trace,
  };
}
