import { resolve } from 'node:path';
import { AppError } from '../core/index.ts';
import { parseAwsKmsUrl } from './aws-kms-url.ts';
import { parsePkcs11Url } from './pkcs11-url.ts';
import { parseVaultUrl } from './vault-url.ts';

/** The kinds of KMS that there are; each KMS URL begins with one and a colon. */
export const KMS_KINDS = ['local', 'pkcs11', 'aws-kms', 'vault'] as const;
export type KmsKind = (typeof KMS_KINDS)[number];

/** @throws AppError `invalid-argument` for a kind that there is not. */
export function kmsKindOf(url: string): KmsKind {
  const kind = KMS_KINDS.find((one) => url.startsWith(`${one}:`) && url.length > one.length + 1);
  if (kind !== undefined) return kind;
  throw new AppError('invalid-argument', `must begin with ${KMS_KINDS.map((one) => `${one}:`).join(', ')}`);
}

/** What is wrong with a KMS URL, in words; undefined for a good one. Opens and reads nothing. */
export function faultOfKmsUrl(url: string): string | undefined {
  try {
    const kind = kmsKindOf(url);
    if (kind === 'pkcs11') parsePkcs11Url(url);
    if (kind === 'aws-kms') parseAwsKmsUrl(url);
    if (kind === 'vault') parseVaultUrl(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'is not valid';
  }
}

/** The file that opens a KMS: the root key, or what the server signs in with. */
export function keyFileOfKms(url: string): string {
  switch (kmsKindOf(url)) {
    case 'local':
      return url.slice('local:'.length);
    case 'pkcs11':
      return parsePkcs11Url(url).pinFile;
    case 'aws-kms':
      return parseAwsKmsUrl(url).secretFile;
    case 'vault':
      return parseVaultUrl(url).secretFile;
  }
}

/** The same KMS with absolute paths. @param folder what relative ones are relative to */
export function resolveKmsUrl(url: string, folder: string): string {
  const [, local] = /^local:(?:\/\/(?=\/))?(.*)$/s.exec(url) ?? [];
  if (local !== undefined) return `local:${resolve(folder, local)}`;
  return url.replace(/(?<=[?&](?:(?:secret-file|ca|module-path)=|pin-source=file:))(?!\/)[^&]*/g, (path) =>
    encodeURI(resolve(folder, decodeURIComponent(path))),
  );
}
