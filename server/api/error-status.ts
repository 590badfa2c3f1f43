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

/** Reasons that HTTP, or a protocol over it, has a status of its own for. */
const STATUS_OF_REASON: Readonly<Record<string, number>> = {
  'range-not-satisfiable': 416,
  // tus 1.0.0: another version of the protocol, an upload that another request is adding to, more than is taken.
  'upload-protocol-version': 412,
  'upload-busy': 423,
  'upload-too-large': 413,
};

/** Whether an error says that a disk has no room. */
export function isDiskFull({ details: { reason } }: AppError): boolean {
  return reason !== undefined && FULL.has(reason);
}

/** HTTP status of an error, on every surface. */
export function statusOf(error: AppError): number {
  if (isDiskFull(error)) return 507;
  return STATUS_OF_REASON[error.details.reason ?? ''] ?? STATUS[error.code];
}
