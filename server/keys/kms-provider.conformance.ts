import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../core/index.ts';
import { type KmsProvider, MAX_WRAP_BYTES } from './kms-provider.ts';

/**
 * What every KMS provider must do.
 * @param open gives a provider that is ready, with nothing wrapped yet.
 * @param keyIds two keys that are there once it is open
 */
export function kmsProviderConformance(
  name: string,
  open: () => Promise<KmsProvider>,
  keyIds: () => readonly [string, string] = () => ['account/1', 'account/2'],
): void {
  describe(`the ${name} KMS provider, as every one,`, () => {
    let provider: KmsProvider;
    let keyId: string;
    let otherKeyId: string;
    const context = { account: 'a', project: 'p', purpose: 'project-key' };
    const secret = randomBytes(32);

    beforeAll(async () => {
      provider = await open();
      [keyId, otherKeyId] = keyIds();
    });
    afterAll(() => provider.close());

    async function refusal(work: Promise<unknown>): Promise<string> {
      const error = await work.then(
        () => expect.fail('it opened'),
        (thrown: unknown) => thrown,
      );
      expect(isAppError(error, 'failed-precondition')).toBe(true);
      expect(error).toMatchObject({ details: { reason: 'sealed-data-not-readable' } });
      return String(error);
    }

    it('unwraps what it wrapped', async () => {
      const wrapped = await provider.wrap(keyId, secret, context);
      expect(Buffer.from(wrapped).includes(secret)).toBe(false);
      expect(Buffer.from(await provider.unwrap(keyId, wrapped, context))).toEqual(secret);
    });

    it('takes the context in any order', async () => {
      const wrapped = await provider.wrap(keyId, secret, { one: '1', two: '2' });
      expect(Buffer.from(await provider.unwrap(keyId, wrapped, { two: '2', one: '1' }))).toEqual(secret);
    });

    it('gives another ciphertext each time', async () => {
      const [one, two] = await Promise.all([1, 2].map(() => provider.wrap(keyId, secret, context)));
      expect(one).not.toEqual(two);
    });

    it('wraps nothing, and the longest secret', async () => {
      for (const length of [0, 1, MAX_WRAP_BYTES]) {
        const bytes = randomBytes(length);
        const wrapped = await provider.wrap(keyId, bytes, context);
        expect(Buffer.from(await provider.unwrap(keyId, wrapped, context))).toEqual(bytes);
      }
    });

    it('refuses a secret that is too long', async () => {
      const error = await provider.wrap(keyId, randomBytes(MAX_WRAP_BYTES + 1), context).catch((thrown) => thrown);
      expect(isAppError(error, 'invalid-argument')).toBe(true);
    });

    it('leaves the bytes it was given as they were', async () => {
      const given = Uint8Array.from(secret);
      const wrapped = await provider.wrap(keyId, given, context);
      expect(Buffer.from(given)).toEqual(secret);
      const copy = Uint8Array.from(wrapped);
      await provider.unwrap(keyId, wrapped, context);
      expect(Uint8Array.from(wrapped)).toEqual(copy);
    });

    it('refuses another key, another context, damage and cuts with one and the same message', async () => {
      const wrapped = Buffer.from(await provider.wrap(keyId, secret, context));
      const messages = new Set<string>();
      messages.add(await refusal(provider.unwrap(otherKeyId, wrapped, context)));
      const contexts: Record<string, string>[] = [
        {},
        { ...context, project: 'q' },
        { ...context, more: '' },
        { account: 'a', project: 'p' },
        { account: 'p', project: 'a', purpose: 'project-key' },
      ];
      for (const other of contexts) messages.add(await refusal(provider.unwrap(keyId, wrapped, other)));
      for (let position = 0; position < wrapped.length; position += 1) {
        const flipped = Buffer.from(wrapped);
        flipped.writeUInt8(flipped.readUInt8(position) ^ (1 << (position % 8)), position);
        messages.add(await refusal(provider.unwrap(keyId, flipped, context)));
        messages.add(await refusal(provider.unwrap(keyId, wrapped.subarray(0, position), context)));
      }
      messages.add(await refusal(provider.unwrap(keyId, Buffer.concat([wrapped, Buffer.alloc(1)]), context)));
      expect([...messages]).toHaveLength(1);
    });

    it('tells that a key can be used', async () => {
      expect(await provider.describe(keyId)).toMatchObject({ state: 'enabled' });
    });

    it('has a name that can stand before a colon', () => {
      expect(provider.name).toMatch(/^[a-z0-9-]+$/);
    });

    it('does nothing more once it is closed', async () => {
      const closing = await open();
      const wrapped = await closing.wrap(keyId, secret, context);
      await closing.close();
      await closing.close();
      await expect(closing.wrap(keyId, secret, context)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(closing.unwrap(keyId, wrapped, context)).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
