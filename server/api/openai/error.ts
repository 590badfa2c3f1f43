import type { AppError } from '../../core/index.ts';
import { statusOf } from '../error-status.ts';

/** OpenAI's error types by status. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  429: 'rate_limit_error',
};

const CODES: Readonly<Record<string, string>> = {
  'model-not-found': 'model_not_found',
  'api-key-not-valid': 'invalid_api_key',
  'access-token-expired': 'invalid_api_key',
  'access-token-not-valid': 'invalid_api_key',
  'credential-missing': 'invalid_api_key',
  'token-limit-exceeded': 'context_length_exceeded',
};

/** An error as OpenAI's API writes it. */
export function toOpenAiError(error: AppError, trace: string): { status: number; body: object } {
  const status = statusOf(error);
  const { fields, reason } = error.details;
  return {
    status,
    body: {
      error: {
        message: error.message,
        type: TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
        param: fields?.[0]?.field ?? null,
        code: CODES[reason ?? ''] ?? (status === 429 ? 'rate_limit_exceeded' : null),
        trace,
      },
    },
  };
}
