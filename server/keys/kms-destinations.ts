import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '../core/index.ts';
import type { AllowedDestination } from '../egress/index.ts';
import { parseAwsKmsUrl } from './aws-kms-url.ts';
import { kmsKindOf } from './kms-url.ts';
import { parseVaultUrl } from './vault-url.ts';

/**
 * Where the server must be allowed to connect to for a KMS; for `createEgress`. Reads the authorities that its URL names.
 * @param url a KMS URL with absolute paths
 * @throws AppError `failed-precondition` when their file cannot be read or holds no certificate
 */
export function kmsDestinations(url: string): readonly AllowedDestination[] {
  const kind = kmsKindOf(url);
  if (kind === 'vault') {
    const { origin, caFile } = parseVaultUrl(url);
    return [destination(origin, 'Vault keeps wrapping keys', caFile)];
  }
  if (kind === 'aws-kms') {
    const { endpoint, caFile } = parseAwsKmsUrl(url);
    return [destination(endpoint, 'AWS KMS keeps wrapping keys', caFile)];
  }
  return [];
}

function destination(origin: string, why: string, caFile: string | undefined): AllowedDestination {
  const { protocol, host, port } = new URL(origin);
  // A list entry without a port means 443, whatever the scheme.
  const withPort = port === '' && protocol === 'http:' ? `${host}:80` : host;
  return { host: withPort, why, ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }) };
}

function readAuthorities(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = /^E[A-Z]+$/.test(code) ? `cannot be read (${code})` : 'holds no certificate in PEM form';
    throw new AppError('failed-precondition', `the file "${path}" of its "ca" ${why}`, { cause: error });
  }
}
