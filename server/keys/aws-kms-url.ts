import { readUrlQuery } from '../core/index.ts';
import { refusedUrl } from './refused-url.ts';

/** Which AWS KMS, and how to sign in to it. */
export type AwsKmsAddress = {
  readonly region: string;
  /** `https://kms.eu-central-1.amazonaws.com` */
  readonly endpoint: string;
  /** The key for those who name none: an ARN, an id, or `alias/<name>`. */
  readonly defaultKey?: string;
  /** A file with the access key: JSON, or the form of AWS's credentials file. */
  readonly secretFile: string;
  /** A PEM file with the authorities that this endpoint is trusted by. */
  readonly caFile?: string;
};

const FORM = 'aws-kms:<ARN, id or alias of the default key>?region=<region>&secret-file=<file>';

/** @throws AppError `invalid-argument` */
export function parseAwsKmsUrl(url: string): AwsKmsAddress {
  const [, key = '', query = ''] = /^aws-kms:([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  if (key !== '' && !isAwsKeyId(key)) throw refusedUrl(`the default key is no ARN, id or alias; it must be ${FORM}`);
  const given = readUrlQuery(query, ['region', 'endpoint', 'secret-file', 'ca'], refusedUrl);
  const region = given.region ?? key.split(':')[3];
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) throw refusedUrl(`region is missing; it must be ${FORM}`);
  if (given['secret-file'] === undefined) throw refusedUrl(`secret-file is missing; it must be ${FORM}`);
  const endpoint = given.endpoint ?? `https://kms.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  if (!URL.canParse(endpoint) || !/^https?:\/\/[^/@]+\/?$/.test(endpoint)) {
    throw refusedUrl('endpoint must be https:// and a host, with a port where it is not 443');
  }
  return {
    region,
    endpoint: new URL(endpoint).origin,
    secretFile: given['secret-file'],
    ...(key === '' ? {} : { defaultKey: key }),
    ...(given.ca === undefined ? {} : { caFile: given.ca }),
  };
}

/** A key's ARN, an alias's ARN, `alias/<name>`, or a key's id. */
export function isAwsKeyId(keyId: string): boolean {
  return (
    keyId.length <= 2048 && /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/|alias\/|)[a-zA-Z0-9/_-]+$/.test(keyId)
  );
}
