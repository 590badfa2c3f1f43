import { readFileSync } from 'node:fs';
import { AppError, Secret } from '../core/index.ts';
import type { AccessKey } from './s3-client.ts';

/**
 * Reads an access key: JSON with `accessKeyId` and `secretAccessKey`, or the form of AWS's credentials file with one profile.
 * @throws AppError `failed-precondition` that tells nothing of what is in the file
 */
export function readAccessKeyFile(path: string): AccessKey {
  const text = readTextFile(path);
  const id = fieldOf(text, 'accessKeyId', 'aws_access_key_id');
  const secret = fieldOf(text, 'secretAccessKey', 'aws_secret_access_key');
  if (id === undefined || secret === undefined) {
    throw new AppError(
      'failed-precondition',
      `The secret-file "${path}" of a storage holds no access key. It must be JSON with accessKeyId and secretAccessKey, or a credentials file of AWS.`,
    );
  }
  return { id, secret: new Secret(secret) };
}

function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw new AppError('failed-precondition', `The secret-file "${path}" of a storage cannot be read (${code}).`, {
      cause: error,
    });
  }
}

function fieldOf(text: string, jsonName: string, iniName: string): string | undefined {
  if (!text.trimStart().startsWith('{')) return new RegExp(`^\\s*${iniName}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  try {
    const value: unknown = (JSON.parse(text) as Record<string, unknown>)[jsonName];
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}
