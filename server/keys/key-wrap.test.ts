import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeEncryptionContext } from './encryption-context.ts';
import { unwrapWithKey, wrappingKeyVersion, wrapWithKey } from './key-wrap.ts';

describe('a wrapped key', () => {
  const key = Buffer.alloc(32, 7);

  it('is what its documentation says, byte by byte', () => {
    const wrapped = Buffer.from(wrapWithKey(key, 258, Buffer.from('secret'), { b: '2', a: '1' }));
    expect(wrapped.subarray(0, 5).toString('hex')).toBe('0100000102');
    const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(5, 17));
    decipher.setAAD(Buffer.concat([Buffer.from('0100000102', 'hex'), Buffer.from('[["a","1"],["b","2"]]')]));
    decipher.setAuthTag(wrapped.subarray(wrapped.length - 16));
    const opened =
      decipher.update(wrapped.subarray(17, wrapped.length - 16), undefined, 'utf8') + decipher.final('utf8');
    expect(opened).toBe('secret');
  });

  it('opens from a version that was written before (the format never changes)', () => {
    const wrapped = Buffer.from(
      '0100000001000102030405060708090a0b6be48a02787ded8027b6507d389f6101e964ef53725f',
      'hex',
    );
    expect(wrappingKeyVersion(wrapped)).toBe(1);
    expect(Buffer.from(unwrapWithKey(key, wrapped, { a: '1' })).toString()).toBe('secret');
  });

  it('tells contexts apart that only look alike when they are strung together', () => {
    const contexts = [{ a: 'b', c: 'd' }, { a: 'b","c":"d' }, { 'a","b': 'c' }, { a: 'bc', d: '' }, { ab: 'c', d: '' }];
    const encoded = contexts.map((context) => encodeEncryptionContext(context).toString());
    expect(new Set(encoded).size).toBe(contexts.length);
  });
});
