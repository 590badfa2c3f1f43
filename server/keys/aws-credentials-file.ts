import { readFile } from 'node:fs/promises';
import { AppError } from '../core/index.ts';

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/**
 * Reads an access key: JSON as AWS's tools print it (`AccessKeyId`, `SecretAccessKey`, `SessionToken`), or one profile of AWS's credentials
 * file (`aws_access_key_id = …`).
 * @throws AppError `failed-precondition` that quotes nothing of the file
 */
export async function readAwsCredentials(path: string): Promise<AwsCredentials> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw notUsable(`cannot be read (${error.code ?? 'unknown reason'})`);
  });
  const found = new Map<string, string>();
  for (const [name, value] of text.trimStart().startsWith('{') ? entriesOfJson(text) : entriesOfLines(text)) {
    const plainName = name.toLowerCase().replaceAll('_', '').replace(/^aws/, '');
    if (found.has(plainName)) throw notUsable('holds more than one access key');
    found.set(plainName, value);
  }
  const accessKeyId = found.get('accesskeyid');
  const secretAccessKey = found.get('secretaccesskey');
  const sessionToken = found.get('sessiontoken');
  if (!accessKeyId || !secretAccessKey) throw notUsable('lacks the access key id or the secret access key');
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function entriesOfJson(text: string): [string, string][] {
  try {
    return Object.entries(JSON.parse(text) as Record<string, unknown>).map(([name, value]) => [name, String(value)]);
  } catch {
    throw notUsable('begins like JSON and is none');
  }
}

function entriesOfLines(text: string): [string, string][] {
  return [...text.matchAll(/^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
}

function notUsable(why: string): AppError {
  return new AppError(
    'failed-precondition',
    `The secret-file of the AWS KMS key provider ${why}. It must be JSON with AccessKeyId and SecretAccessKey, or one profile of an AWS credentials file.`,
  );
}
