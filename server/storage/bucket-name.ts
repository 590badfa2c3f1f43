import { isId } from '../core/index.ts';
import type { BucketScope } from './bucket.ts';

/** 128 bits in base 36: S3 allows lower-case letters, digits and hyphens, and 63 characters. Two ids in hexadecimal would be longer. */
const ID_CHARACTERS = 25;
const BASE = 36;

/** The longest prefix that leaves room for both ids and the hyphen between them. */
export const MAX_PREFIX_CHARACTERS = 63 - 2 * ID_CHARACTERS - 1;

/**
 * `<prefix><account>-<project>`, each id as a number in base 36, so that the storage's own list of buckets tells whose they are.
 * @param scope ids, checked before
 */
export function bucketNameOf(prefix: string, { accountId, projectId }: BucketScope): string {
  return `${accountPrefixOf(prefix, accountId)}${encode(projectId)}`;
}

/**
 * How the names of a deployment's buckets begin where nobody says it, so that deployments that share a storage by mistake do not take each
 * other's buckets for their own.
 */
export function prefixOfDeployment(deploymentId: string): string {
  return `cl-${encode(deploymentId).slice(-(MAX_PREFIX_CHARACTERS - 4))}-`;
}

/** How the names of an account's buckets begin. */
export function accountPrefixOf(prefix: string, accountId: string): string {
  return `${prefix}${encode(accountId)}-`;
}

/** Whose bucket it is; undefined for one that is none of ours. */
export function scopeOfBucketName(prefix: string, name: string): BucketScope | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const [account = '', project = '', ...rest] = name.slice(prefix.length).split('-');
  const [accountId, projectId] = [decode(account), decode(project)];
  if (rest.length > 0 || accountId === undefined || projectId === undefined) return undefined;
  return { accountId, projectId };
}

function encode(id: string): string {
  return BigInt(`0x${id.replaceAll('-', '')}`)
    .toString(BASE)
    .padStart(ID_CHARACTERS, '0');
}

function decode(text: string): string | undefined {
  if (!/^[0-9a-z]{25}$/.test(text)) return undefined;
  let number = 0n;
  for (const character of text) number = number * BigInt(BASE) + BigInt(Number.parseInt(character, BASE));
  const digits = number.toString(16).padStart(32, '0');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isId(id) ? id : undefined;
}
