import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BucketScope } from './bucket.ts';
import type { BucketCredentialStore } from './bucket-credential-store.ts';

export type BucketCredentialStoreHarness = {
  readonly store: BucketCredentialStore;
  /** Makes a project in a new account. */
  newProject(): Promise<BucketScope>;
  close(): Promise<void>;
};

/** What every store of buckets' credentials must do. */
export function bucketCredentialStoreConformance(
  name: string,
  open: () => Promise<BucketCredentialStoreHarness>,
): void {
  describe(`the ${name} store of buckets' credentials, as every one,`, () => {
    let harness: BucketCredentialStoreHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    it('keeps the last ones of each project', async () => {
      const { store } = harness;
      const [one, other] = [await harness.newProject(), await harness.newProject()];
      expect(await store.find(one)).toBeUndefined();
      await store.keep(one, Buffer.from('first'));
      await store.keep(one, Buffer.from('second'));
      await store.keep(other, Buffer.from('other'));
      expect(textOf(await store.find(one))).toBe('second');
      expect(textOf(await store.find(other))).toBe('other');
      expect(await store.find({ ...one, accountId: other.accountId })).toBeUndefined();
    });

    it('forgets them, also when there are none', async () => {
      const { store } = harness;
      const scope = await harness.newProject();
      await store.forget(scope);
      await store.keep(scope, Buffer.from('x'));
      await store.forget(scope);
      expect(await store.find(scope)).toBeUndefined();
    });
  });
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}
