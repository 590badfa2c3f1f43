import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, readUrlQuery } from '../core/index.ts';
import { MAX_PREFIX_CHARACTERS } from './bucket-name.ts';

/** A storage over S3, as its URL tells it. */
export type S3Address = {
  readonly type: 's3';
  /** `https://s3.example:9000` */
  readonly endpoint: string;
  readonly region: string;
  /** How the names of our buckets begin; undefined: as the deployment says. */
  readonly prefix?: string;
  /** A file with the access key of the instance. */
  readonly secretFile: string;
  /** A PEM file with the authorities that the endpoints are trusted by. */
  readonly caFile?: string;
  /** The endpoint of IAM, which makes a user for each bucket; undefined: all buckets are opened by the access key of the instance. */
  readonly iamEndpoint?: string;
};

export type BucketAddress = { readonly type: 'file'; readonly folder: string } | S3Address;

const KNOWN = ['region', 'prefix', 'secret-file', 'ca', 'credentials', 'iam'] as const;
const FORM =
  's3:https://<host>:<port>?region=<region>&secret-file=<file>&credentials=iam&iam=https://<host>:<port> (or credentials=none)';

/**
 * Where a bucket URL leads: `file:<folder>` or `s3:<endpoint>?…`. Opens and reads nothing.
 * @throws AppError `invalid-argument` that quotes nothing of the URL: somebody may have written a secret into it
 */
export function parseBucketUrl(url: string): BucketAddress {
  const [, folder] = /^file:(.+)$/s.exec(url) ?? [];
  if (folder !== undefined) return { type: 'file', folder: folder.startsWith('//') ? fileURLToPath(url) : folder };
  const [, address = '', query = ''] = /^s3:([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  if (address === '') throw refused(`must be file:<folder> or ${FORM}`);
  const given = readUrlQuery(query, KNOWN, refused);
  const { region = 'us-east-1', prefix, credentials, 'secret-file': secretFile, ca, iam } = given;
  if (!/^[a-z0-9-]+$/.test(region)) throw refused('region must be small letters, digits and "-"');
  if (prefix !== undefined && (!/^[a-z0-9][a-z0-9-]*$/.test(prefix) || prefix.length > MAX_PREFIX_CHARACTERS)) {
    throw refused(`prefix must be 1 to ${MAX_PREFIX_CHARACTERS} small letters, digits and "-"`);
  }
  if (secretFile === undefined) throw refused(`secret-file is missing; it must be ${FORM}`);
  if (credentials !== 'iam' && credentials !== 'none') {
    throw refused('credentials must be "iam" (a user for each bucket) or "none" (one access key opens all buckets)');
  }
  if ((credentials === 'iam') !== (iam !== undefined)) {
    throw refused('iam must be there with credentials=iam, and only then');
  }
  return {
    type: 's3',
    endpoint: originOf(address, 'the address'),
    region,
    secretFile,
    ...(prefix === undefined ? {} : { prefix }),
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(iam === undefined ? {} : { iamEndpoint: originOf(iam, 'iam') }),
  };
}

/** What is wrong with a bucket URL, in words; undefined for a good one. */
export function faultOfBucketUrl(url: string): string | undefined {
  try {
    parseBucketUrl(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'is not valid';
  }
}

/** The same storage with absolute paths. @param folder what relative ones are relative to */
export function resolveBucketUrl(url: string, folder: string): string {
  const [, local] = /^file:(?:\/\/(?=\/))?(.*)$/s.exec(url) ?? [];
  if (local !== undefined) return `file:${resolve(folder, local)}`;
  return url.replace(/(?<=[?&](?:secret-file|ca)=)(?!\/)[^&]*/g, (path) =>
    encodeURI(resolve(folder, decodeURIComponent(path))),
  );
}

function originOf(text: string, what: string): string {
  const isOrigin = URL.canParse(text) && /^https?:\/\/[^/@]+\/?$/.test(text);
  if (!isOrigin) throw refused(`${what} must be https:// and a host, with a port where it is not 443`);
  return new URL(text).origin;
}

function refused(why: string): AppError {
  return new AppError('invalid-argument', why);
}
