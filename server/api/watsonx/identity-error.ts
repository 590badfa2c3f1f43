import type { AppError } from '../../core/index.ts';
import { statusOf } from '../error-status.ts';

/** IBM Cloud's identity service is a service of its own, with codes of its own, and answers 400 to an API key that it does not know. */
const UNKNOWN_API_KEY = 'BXNIM0415E';
const NOT_VALID = 'BXNIM0109E';

/** An error of `/identity/token` as IBM Cloud's identity service writes it. */
export function toIdentityError(error: AppError, trace: string): { status: number; body: object } {
  const isUnknownKey = error.details.reason === 'api-key-not-valid';
  const status = isUnknownKey ? 400 : statusOf(error);
  const code = isUnknownKey ? UNKNOWN_API_KEY : status < 500 ? NOT_VALID : undefined;
  return {
    status,
    body: {
      context: { requestId: trace },
      ...(code === undefined ? {} : { errorCode: code }),
      errorMessage: error.message,
    },
  };
}
