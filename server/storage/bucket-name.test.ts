import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import {
  accountPrefixOf,
  bucketNameOf,
  MAX_PREFIX_CHARACTERS,
  prefixOfDeployment,
  scopeOfBucketName,
} from './bucket-name.ts';

const longestPrefix = 'a'.repeat(MAX_PREFIX_CHARACTERS);

describe('the name of a bucket', () => {
  it('is one that S3 takes, and tells whose bucket it is', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.constantFrom('cloister-', longestPrefix), (accountId, projectId, prefix) => {
        const name = bucketNameOf(prefix, { accountId, projectId });
        expect(name).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
        expect(name.startsWith(accountPrefixOf(prefix, accountId))).toBe(true);
        expect(scopeOfBucketName(prefix, name)).toEqual({ accountId, projectId });
      }),
    );
  });

  it('tells deployments apart where nobody chose how it begins', () => {
    const [one, other] = [prefixOfDeployment(newId()), prefixOfDeployment(newId())];
    expect(one).toMatch(/^cl-[0-9a-z]{8}-$/);
    const scope = { accountId: newId(), projectId: newId() };
    expect(scopeOfBucketName(one, bucketNameOf(one, scope))).toEqual(scope);
    expect(scopeOfBucketName(other, bucketNameOf(one, scope))).toBeUndefined();
  });

  it('is known from names that others gave', () => {
    const name = bucketNameOf('cloister-', { accountId: newId(), projectId: newId() });
    const tooLarge = 'z'.repeat(25);
    const others = [
      'cloister-',
      'photos',
      name.slice(1),
      `${name}0`,
      name.slice(0, -1),
      `${name}-x`,
      name.toUpperCase(),
      `cloister-${tooLarge}-${tooLarge}`,
    ];
    for (const other of others) expect(scopeOfBucketName('cloister-', other), other).toBeUndefined();
    expect(scopeOfBucketName('other-', name)).toBeUndefined();
  });
});
