/** What went wrong, as programs act on it. The same closed list as gRPC's canonical codes, in the parts that Cloister needs. */
export type AppErrorCode =
  | 'invalid-argument'
  | 'unauthenticated'
  | 'permission-denied'
  | 'not-found'
  | 'already-exists'
  | 'failed-precondition'
  | 'resource-exhausted'
  | 'cancelled'
  | 'deadline-exceeded'
  | 'unavailable'
  | 'unimplemented'
  | 'internal';

/** One field of a request that was refused. */
export type FieldFault = {
  /**
   * Path as the caller wrote it, for example `parameters.temperature`. A room, which does not know what the caller wrote, uses its own
   * name for it (`modelId`, `prompt`); the surface gives the caller's.
   */
  readonly field: string;
  /** What is wrong with it, in words for the caller; never the value itself. */
  readonly message: string;
};

export type AppErrorDetails = {
  readonly fields?: readonly FieldFault[];
  /** How long to wait before trying again, in seconds. Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** A finer reason that a surface may turn into its own code, for example `model-not-supported`. */
  readonly reason?: string;
};

/**
 * The one error class of Cloister. Its message speaks to the caller, says what to do, may quote names and identifiers that the
 * caller passed, and never holds content, keys, tokens or addresses. It has no HTTP status: each surface has its own table.
 */
export class AppError extends Error {
  readonly code: AppErrorCode;
  readonly details: AppErrorDetails;

  constructor(code: AppErrorCode, message: string, options: { details?: AppErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** True if `error` is an {@link AppError} (with that code, if one is given). */
export function isAppError(error: unknown, code?: AppErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** A refusal of one field. */
export function invalidField(field: string, message: string): AppError {
  return new AppError('invalid-argument', `${field}: ${message}`, { details: { fields: [{ field, message }] } });
}

/** The same words for a thing that does not exist and for one that the caller may not know of. */
export function notFound(kind: string, id: string): AppError {
  return new AppError('not-found', `There is no ${kind} "${id}" here.`, { details: { reason: `${kind}-not-found` } });
}
