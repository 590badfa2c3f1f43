import type { AppError, AppErrorCode } from '../../core/index.ts';
import { errorStatus } from '../error-status.ts';

/** IBM's codes for ours. Where a finer reason is known, {@link REASONS} goes first. */
const CODES: Readonly<Record<AppErrorCode, string>> = {
  'invalid-argument': 'invalid_request_entity',
  unauthenticated: 'authentication_token_not_valid',
  'permission-denied': 'user_authorization_failed',
  'not-found': 'not_found',
  'already-exists': 'already_exists',
  'failed-precondition': 'invalid_request_entity',
  'resource-exhausted': 'rate_limit_reached_requests',
  cancelled: 'request_cancelled',
  'deadline-exceeded': 'time_limit_reached',
  unavailable: 'service_unavailable',
  unimplemented: 'feature_not_supported',
  internal: 'internal_server_error',
};

const REASONS: Readonly<Record<string, { readonly code: string; readonly status?: number }>> = {
  'model-not-found': { code: 'model_not_supported', status: 404 },
  'access-token-expired': { code: 'authentication_token_expired' },
  'credential-missing': { code: 'authentication_token_not_valid' },
  // IBM's identity service answers 400 to an API key that it does not know.
  'api-key-not-valid': { code: 'BXNIM0415E' },
};

/** An error as watsonx writes it. */
export function toWatsonxError(error: AppError, trace: string): { status: number; body: object } {
  const reason = REASONS[error.details.reason ?? ''];
  const status = reason?.status ?? errorStatus[error.code];
  const code = reason?.code ?? CODES[error.code];
  const faults = error.details.fields ?? [];
  const errors =
    faults.length === 0
      ? [{ code, message: error.message }]
      : faults.map(({ field, message }) => ({
          code: 'json_validation_error',
          message: `${field}: ${message}`,
          target: { type: 'field', name: field },
        }));
  return { status, body: { trace, errors, status_code: status } };
}
