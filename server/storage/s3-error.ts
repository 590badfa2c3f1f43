import { AppError } from '../core/index.ts';

const DENIED = [
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'InvalidClientTokenId',
];
const FULL = ['QuotaExceeded', 'InsufficientStorage', 'InsufficientCapacity', 'XMinioStorageFull', 'DiskFull'];
const TOO_MANY = ['TooManyBuckets', 'LimitExceeded', 'LimitExceededException'];
const SLOW_DOWN = ['SlowDown', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'ServiceUnavailable'];

/**
 * Turns what a storage over S3 or its IAM said into a sentence with what to do. Nothing of the vendor's message gets into ours.
 * @param error anything that was thrown; an AppError comes back as it is.
 */
export function asS3Error(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = s3ErrorCode(error) ?? 'unknown error';
  const status = s3Status(error);
  const because = { cause: error };
  if (FULL.includes(code) || status === 507) {
    return new AppError(
      'resource-exhausted',
      'There is no space left where saved content is stored. Nothing was changed. Free some space, or ask the operator to, and try again.',
      { details: { reason: 'storage-full' }, ...because },
    );
  }
  if (TOO_MANY.includes(code)) {
    return new AppError(
      'resource-exhausted',
      `The storage takes no more buckets or users of buckets (${code}). The operator must raise its limit, or delete projects, then try again.`,
      { details: { reason: 'storage-limit' }, ...because },
    );
  }
  if (DENIED.includes(code) || status === 401 || status === 403) {
    return new AppError(
      'failed-precondition',
      `The storage of saved content refuses the server's credentials (${status === undefined ? code : `${code}, ${status}`}). Nothing was changed. The operator must check the credentials of the storage and what they allow (docs/storage.md), then try again.`,
      { details: { reason: 'storage-access-denied' }, ...because },
    );
  }
  if (code === 'BucketAlreadyExists') {
    return new AppError(
      'failed-precondition',
      'A bucket of that name belongs to somebody else in the storage. The operator must set another prefix for the storage (docs/storage.md), then try again.',
      { details: { reason: 'storage-name-taken' }, ...because },
    );
  }
  if (SLOW_DOWN.includes(code) || status === 429 || status === 503) {
    return new AppError(
      'unavailable',
      `The storage of saved content has too much to do (${code}). Try again in a while; if it stays, tell the operator.`,
      { details: { reason: 'storage-busy' }, ...because },
    );
  }
  return new AppError(
    'unavailable',
    `The storage of saved content does not answer as it should (${code}). Try again; if it stays, tell the operator.`,
    { details: { reason: 'storage-failed' }, ...because },
  );
}

/** The storage's or the system's name of an error, for example `NoSuchBucket` or `ECONNREFUSED`; never a sentence. */
export function s3ErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return /^\w{1,60}$/.test(code) ? code : undefined;
}

/** The status of the answer, where there was one. */
export function s3Status(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode;
}

/** The storage knows no such bucket; a question for an object's head tells no difference to a missing object. */
export function isNoBucket(error: unknown): boolean {
  return s3ErrorCode(error) === 'NoSuchBucket';
}

export function isNotThere(error: unknown): boolean {
  return s3Status(error) === 404 || isNoBucket(error);
}

/**
 * The storage may know no such credentials (any more). The answer to a question for an object's head has no body, so there a missing
 * right and missing credentials look the same.
 */
export function mayBeUnknownCredential(error: unknown): boolean {
  const code = s3ErrorCode(error) ?? '';
  if (['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidClientTokenId'].includes(code)) return true;
  return s3Status(error) === 403 && !DENIED.includes(code);
}

/** The storage is one that has no such thing, or does not let go of something: `NotImplemented`, an object lock. */
export function isNotOffered(error: unknown): boolean {
  const status = s3Status(error);
  return status === 501 || status === 405 || s3ErrorCode(error) === 'NotImplemented';
}
