import type { AppError, AppErrorCode } from '../../core/index.ts';
import { statusOf } from '../error-status.ts';

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

/** Reasons that IBM has a code of its own for. */
const REASONS: Readonly<Record<string, string>> = {
  'model-not-found': 'model_not_supported',
  'model-withdrawn': 'model_no_longer_supported',
  'storage-full': 'service_unavailable',
  'models-folder-full': 'service_unavailable',
  'token-limit-exceeded': 'invalid_input_argument',
  'access-token-expired': 'authentication_token_expired',
  'credential-missing': 'authentication_token_not_valid',
};

/** An error as watsonx writes it. */
export function toWatsonxError(error: AppError, trace: string): { status: number; body: object } {
  const status = statusOf(error);
  const { fields = [], reason } = error.details;
  const known = REASONS[reason ?? ''];
  const target = (name: string) => ({ target: { type: 'field', name } });
  const errors =
    known !== undefined || fields.length === 0
      ? [
          {
            code: known ?? CODES[error.code],
            message: error.message,
            ...(fields[0] === undefined ? {} : target(fields[0].field)),
          },
        ]
      : fields.map(({ field, message }) => ({
          code: 'json_validation_error',
          message: `${field}: ${message}`,
          ...target(field),
        }));
  return { status, body: { trace, errors, status_code: status } };
}
