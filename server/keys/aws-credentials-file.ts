import { readFileSync } from 'node:fs';
import { AppError } from '../core/index.ts';

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/**
 * Reads an access key: JSON as AWS's tools print it (`AccessKeyId`, `SecretAccessKey`, `SessionToken`; a small first letter is as good), or
 * AWS's credentials file (`aws_access_key_id = …`). Of several profiles in that it takes `[default]`.
 * @param whose for the error, for example `the AWS KMS key provider`
 * @throws AppError `failed-precondition` that quotes nothing of the file
 */
export function readAwsCredentials(path: string, whose: string): AwsCredentials {
  const notUsable = (why: string, cause?: unknown) =>
    new AppError(
      'failed-precondition',
      `The secret-file "${path}" of ${whose} ${why}. It must be JSON with AccessKeyId and SecretAccessKey, or a credentials file of AWS with one profile or with [default].`,
      { cause },
    );
  const text = readText(path, notUsable);
  const found = new Map<string, string>();
  for (const [name, value] of text.trimStart().startsWith('{')
    ? entriesOfJson(text, notUsable)
    : entriesOfProfile(text, notUsable)) {
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

type NotUsable = (why: string, cause?: unknown) => AppError;
type Entry = readonly [name: string, value: string];

function readText(path: string, notUsable: NotUsable): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw notUsable(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`, error);
  }
}

function entriesOfJson(text: string, notUsable: NotUsable): Entry[] {
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  } catch {
    // The parser's error quotes the text.
    throw notUsable('begins like JSON and is none');
  }
}

function entriesOfProfile(text: string, notUsable: NotUsable): readonly Entry[] {
  const profiles = new Map<string, Entry[]>();
  let profile = '';
  for (const line of text.split(/\r?\n/)) {
    profile = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1] ?? profile;
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined)
      profiles.set(profile, [...(profiles.get(profile) ?? []), [name, value]]);
  }
  const [only = [], ...others] = profiles.values();
  const chosen = others.length === 0 ? only : profiles.get('default');
  if (chosen === undefined) throw notUsable('holds several profiles, and none of them is [default]');
  return chosen;
}
