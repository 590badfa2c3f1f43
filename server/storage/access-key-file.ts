import { Secret } from '../core/index.ts';
import { readAwsCredentials } from '../keys/index.ts';
import type { AccessKey } from './s3-client.ts';

/**
 * Reads the access key of a storage, in the forms that {@link readAwsCredentials} knows.
 * @throws AppError `failed-precondition` that tells nothing of what is in the file
 */
export function readAccessKeyFile(path: string): AccessKey {
  const { accessKeyId, secretAccessKey } = readAwsCredentials(path, 'a storage');
  return { id: accessKeyId, secret: new Secret(secretAccessKey) };
}
