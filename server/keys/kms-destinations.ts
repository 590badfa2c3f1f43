import { type AllowedDestination, hostAndPort, readAuthorities } from '../egress/index.ts';
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
  return { host: hostAndPort(new URL(origin)), why, ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }) };
}
