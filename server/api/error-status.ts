import type { AppErrorCode } from '../core/index.ts';

/** HTTP status of each code, on every surface. 499 is nginx's for a client that went away; nobody reads it. */
export const errorStatus: Readonly<Record<AppErrorCode, number>> = {
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
