import { AppError, isAppError } from '../core/index.ts';
import { sealedDataNotReadable } from './not-readable.ts';

/** What was asked of the key: a key that is not there is no answer to `describe`, and a fault to the others. */
export type AwsKmsOperation = 'describe' | 'wrap' | 'unwrap';

/** AWS's names of what is wrong with the caller, not with the key. */
const DENIALS = [
  'AccessDeniedException',
  'AccessDenied',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'UnrecognizedClientException',
];

/** Of a key that was named, but is no symmetric key of this account and region. */
const WRONG_KEYS = [
  'InvalidArnException',
  'InvalidKeyUsageException',
  'UnsupportedOperationException',
  'ValidationException',
];

/** What AWS's client threw, in the words of the port. */
export function awsFailure(error: unknown, keyId: string, operation: AwsKmsOperation): AppError {
  if (isAppError(error)) return error;
  const name = error instanceof Error ? error.name : '';
  const failure = (code: AppError['code'], message: string) => new AppError(code, message, { cause: error });
  if (name === 'InvalidCiphertextException' || name === 'IncorrectKeyException') return sealedDataNotReadable(error);
  if (DENIALS.includes(name)) {
    return failure(
      'permission-denied',
      `AWS KMS denies it (${name}). Allow kms:Encrypt, kms:Decrypt and kms:DescribeKey on the key "${keyId}", or renew the secret-file.`,
    );
  }
  if (name === 'NotFoundException') return awsKeyMissing(keyId, operation, error);
  if (name === 'DisabledException') {
    return failure(
      'failed-precondition',
      `The key "${keyId}" is disabled in AWS KMS. Enable it there; nothing is lost.`,
    );
  }
  if (name === 'KMSInvalidStateException') {
    return failure(
      'failed-precondition',
      `The key "${keyId}" cannot be used in AWS KMS now. If its deletion is planned, cancel that there: with the key, what it wrapped is lost.`,
    );
  }
  if (WRONG_KEYS.includes(name)) {
    if (operation === 'unwrap') return sealedDataNotReadable(error);
    return failure(
      'failed-precondition',
      `AWS KMS cannot wrap by the key "${keyId}" (${name}). Name a symmetric key of its region.`,
    );
  }
  return failure(
    'unavailable',
    `AWS KMS does not answer (${reasonOf(error)}). Nothing is lost; try again once it is there.`,
  );
}

export function awsKeyMissing(keyId: string, operation: AwsKmsOperation, cause?: unknown): AppError {
  const code = operation === 'describe' ? 'not-found' : 'failed-precondition';
  return new AppError(code, `There is no key "${keyId}" in AWS KMS, in this account and region. Correct its name.`, {
    cause,
  });
}

/** A code or a name, never a message: those quote what was sent. */
function reasonOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const reason = typeof code === 'string' ? code : name;
  return typeof reason === 'string' && /^[\w.]{1,60}$/.test(reason) ? reason : 'it failed';
}
