import type { AppError, AppErrorCode } from '../core/index.ts';

/** HTTP status of each code. 499 is nginx's for a client that went away; nobody reads it. */
const STATUS: Readonly<Record<AppErrorCode, number>> = {
  'invalid-argument': 400,
  unauthenticated: 401,
  'permission-denied': 403,
  'not-found': 404,
  'already-exists': 409,
  'failed-precondition': 409,
  'resource-exhausted': 429,
  cancelled: 499,
  'deadline-exceeded': 504,
  unavailable: 503,
  unimplemented: 501,
  internal: 500,
};

/** A disk does not become empty by itself: 429 would make clients try again at once, without end. */
const FULL: ReadonlySet<string> = new Set(['storage-full', 'models-folder-full']);

/** Whether an error says that a disk has no room. */
export function isDiskFull({ details: { reason } }: AppError): boolean {
  return reason !== undefined && FULL.has(reason);
}

/** HTTP status of an error, on every surface. */
export function statusOf(error: AppError): number {
  return isDiskFull(error) ? 507 : STATUS[error.code];
}
