import { AppError } from '../core/index.ts';

/**
 * Turns what node-postgres and PostgreSQL throw into an AppError, once for all rooms. The vendor's message quotes values, so it stays
 * behind as `cause` and is never shown or logged. Codes: PostgreSQL's documentation, appendix A.
 */
export function fromVendorError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') {
    return /timeout|terminated|Connection|not queryable/i.test(error.message) ? unavailable(error) : error;
  }
  if (code === '23505') return new AppError('already-exists', 'It exists already.', { cause: error });
  if (code === '23503' || code === '23514') {
    return new AppError(
      'failed-precondition',
      'Something that it belongs to has just been removed. Load the page again.',
      { cause: error },
    );
  }
  // PostgreSQL's text holds no zero byte.
  if (code === '22021')
    return new AppError('invalid-argument', 'A text in the request holds a character that is not allowed (NUL).', {
      cause: error,
    });
  // What the services allow, the policies allow too: this is the second wall, and it has just held.
  if (code === '42501') {
    return new AppError('permission-denied', 'Your role does not reach that far.', {
      details: { reason: 'row-level-security' },
      cause: error,
    });
  }
  const invariant = INVARIANTS[code];
  if (invariant !== undefined) {
    const { message, reason } = invariant;
    return new AppError('failed-precondition', message, { details: { reason }, cause: error });
  }
  if (code === '53100') {
    return new AppError(
      'resource-exhausted',
      'The disk of the database is full. Nothing was changed; the operator must free some space.',
      { details: { reason: 'storage-full' }, cause: error },
    );
  }
  if (code === '57014')
    return new AppError('deadline-exceeded', 'The database took too long. Try again.', { cause: error });
  if (isOutdatedPlan(error)) {
    return new AppError(
      'unavailable',
      'The database has just been changed by a newer release. Nothing was changed; try again.',
      {
        details: { retryAfterSeconds: 1 },
        cause: error,
      },
    );
  }
  const isConnection = /^(08|57P|53|40)/.test(code) || CONNECTION_CODES.has(code);
  return isConnection ? unavailable(error) : error;
}

/**
 * "cached plan must not change result type", after a newer release has changed a table: a connection plans anew, see prepared-pool.ts. Its
 * SQLSTATE (feature_not_supported) has other causes too, and its words are translated; the routine that says it is neither.
 */
export function isOutdatedPlan(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/** What our own triggers refuse, see `0002-people.sql`. */
const INVARIANTS: Readonly<Record<string, { readonly message: string; readonly reason: string }>> = {
  CL001: {
    message: 'This is the account’s last owner. Make somebody else an owner first.',
    reason: 'last-owner',
  },
  CL002: {
    message: 'This is a project’s last Admin. Make somebody else an Admin of the project first.',
    reason: 'last-project-admin',
  },
};

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

function unavailable(cause: unknown): AppError {
  return new AppError(
    'unavailable',
    'The database cannot be reached right now. Nothing was changed; try again in a few seconds.',
    {
      details: { retryAfterSeconds: 2 },
      cause,
    },
  );
}
