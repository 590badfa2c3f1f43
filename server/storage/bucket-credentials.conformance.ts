import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { BucketCredentials } from './bucket-credentials.ts';
import { bucketNameOf } from './bucket-name.ts';

export type BucketCredentialsHarness = {
  readonly credentials: BucketCredentials;
  /** The ids of the credentials that the bucket's user has now. */
  idsOf(bucketName: string): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** What everything that makes credentials of buckets must do. */
export function bucketCredentialsConformance(name: string, open: () => Promise<BucketCredentialsHarness>): void {
  describe(`the credentials of buckets from ${name}, as all,`, () => {
    let harness: BucketCredentialsHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    const newBucket = () => bucketNameOf('test-', { accountId: newId(), projectId: newId() });

    it('are another one’s for every bucket, and new at every issue, which ends the old ones', async () => {
      const { credentials, idsOf } = harness;
      const [bucket, other] = [newBucket(), newBucket()];
      const first = await credentials.issue(bucket);
      const second = await credentials.issue(bucket);
      const others = await credentials.issue(other);
      expect(new Set([first.id, second.id, others.id]).size).toBe(3);
      expect(new Set([first, second, others].map(({ secret }) => secret.expose())).size).toBe(3);
      expect(await idsOf(bucket)).toEqual([second.id]);
      expect(await idsOf(other)).toEqual([others.id]);
    });

    it('end with their user, also when there is none, and can be made again', async () => {
      const { credentials, idsOf } = harness;
      const bucket = newBucket();
      await credentials.destroy(bucket);
      await credentials.issue(bucket);
      await credentials.destroy(bucket);
      expect(await idsOf(bucket)).toEqual([]);
      await credentials.destroy(bucket);
      const again = await credentials.issue(bucket);
      expect(await idsOf(bucket)).toEqual([again.id]);
    });

    it('show no secret where they are printed', async () => {
      const { id, secret } = await harness.credentials.issue(newBucket());
      expect(`${secret} ${JSON.stringify({ id, secret })}`).not.toContain(secret.expose());
    });
  });
}
