import { AppError, Secret } from '../core/index.ts';
import { readAwsCredentials } from '../keys/index.ts';
import type { AccessKey } from './s3-client.ts';

/**
 * Reads the access key of a storage, in the forms that {@link readAwsCredentials} knows.
 * @throws AppError `failed-precondition` that tells nothing of what is in the file; also for temporary credentials, which would end while
 *   the server runs
 */
export function readAccessKeyFile(path: string): AccessKey {
  const { accessKeyId, secretAccessKey, sessionToken } = readAwsCredentials(path, 'a storage');
  if (sessionToken !== undefined) {
    throw new AppError(
      'failed-precondition',
      `The secret-file "${path}" of a storage has temporary credentials (a session token), which end. Use an access key that lasts.`,
    );
  }
  return { id: accessKeyId, secret: new Secret(secretAccessKey) };
}
