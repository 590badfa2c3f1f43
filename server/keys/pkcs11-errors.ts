import { AppError } from '../core/index.ts';
import { sealedDataNotReadable } from './not-readable.ts';

/** The name of what a PKCS#11 library answered, for example `CKR_PIN_INCORRECT`; undefined for what is no answer of one. */
export function answerOf(error: unknown): string | undefined {
  return error instanceof Error ? /CKR_[A-Z0-9_]+/.exec(error.message)?.[0] : undefined;
}

/** Answers after which the session, or what it knew of the token, is of no use: opening another one may help. */
const LOST = new Set([
  'CKR_CRYPTOKI_NOT_INITIALIZED',
  'CKR_DEVICE_ERROR',
  'CKR_DEVICE_MEMORY',
  'CKR_DEVICE_REMOVED',
  'CKR_FUNCTION_FAILED',
  'CKR_GENERAL_ERROR',
  'CKR_HOST_MEMORY',
  'CKR_KEY_HANDLE_INVALID',
  'CKR_OBJECT_HANDLE_INVALID',
  'CKR_OPERATION_ACTIVE',
  'CKR_OPERATION_NOT_INITIALIZED',
  'CKR_SESSION_CLOSED',
  'CKR_SESSION_COUNT',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_SLOT_ID_INVALID',
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_TOKEN_NOT_RECOGNIZED',
  'CKR_USER_NOT_LOGGED_IN',
]);

/** Answers to bytes that are not what the key wrapped. SoftHSM 2 says CKR_GENERAL_ERROR, see `Pkcs11Token.decrypt`. */
const DAMAGED = new Set([
  'CKR_AEAD_DECRYPT_FAILED',
  'CKR_DATA_INVALID',
  'CKR_DATA_LEN_RANGE',
  'CKR_ENCRYPTED_DATA_INVALID',
  'CKR_ENCRYPTED_DATA_LEN_RANGE',
  'CKR_SIGNATURE_INVALID',
]);

const NOT_ALLOWED = new Set([
  'CKR_ACTION_PROHIBITED',
  'CKR_ATTRIBUTE_VALUE_INVALID',
  'CKR_SESSION_READ_ONLY',
  'CKR_TEMPLATE_INCONSISTENT',
  'CKR_TOKEN_WRITE_PROTECTED',
  'CKR_USER_TYPE_INVALID',
]);

export const isLost = (error: unknown) => LOST.has(answerOf(error) ?? '');

export const isAboutPin = (error: unknown) => /^CKR_(USER_)?PIN_/.test(answerOf(error) ?? '');

/** What a library's answer means to whoever asked. Other errors stay what they are. */
export function asAppError(error: unknown, token: string): unknown {
  const answer = answerOf(error);
  if (error instanceof AppError || answer === undefined) return error;
  if (DAMAGED.has(answer)) return sealedDataNotReadable(error);
  const cause = { cause: error };
  if (isLost(error)) return tokenUnavailable(token, error);
  if (NOT_ALLOWED.has(answer)) {
    return new AppError(
      'permission-denied',
      `The token "${token}" does not let Cloister make a key (${answer}). Make it with the tool of your hardware module.`,
      cause,
    );
  }
  return new AppError(
    'failed-precondition',
    `The token "${token}" does not do what Cloister needs (${answer}): AES-256 keys that encrypt and decrypt with CKM_AES_GCM.`,
    cause,
  );
}

export function tokenUnavailable(token: string, cause?: unknown): AppError {
  const answer = answerOf(cause);
  return new AppError(
    'unavailable',
    `The token "${token}" cannot be reached${answer === undefined ? '' : ` (${answer})`}. Connect the hardware module; nothing is lost, and the next request tries again.`,
    { cause },
  );
}

export function pinRefused(token: string, pinFile: string, cause: unknown): AppError {
  return new AppError(
    'permission-denied',
    `The token "${token}" refuses the PIN in "${pinFile}" (${answerOf(cause)}). It is not tried again, because tokens lock after a few wrong ones: put the right one into the file.`,
    { cause },
  );
}

/** @param code `not-found` where somebody asks for the key itself, `failed-precondition` where something needs it. */
export function keyMissing(code: 'not-found' | 'failed-precondition', token: string, keyId: string): AppError {
  return new AppError(
    code,
    `There is no key "${keyId}" in the token "${token}". Make it with \`cloister keys create-in-token "${keyId}"\` or with the tool of your hardware module: an AES key of 32 bytes with that label and the id 01, which is sensitive and can't be extracted.`,
  );
}
