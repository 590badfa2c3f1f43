import { z } from 'zod';
import { checkedText } from '../core/index.ts';
import { faultOfBucketUrl } from './bucket-url.ts';

const bucketUrl = checkedText(faultOfBucketUrl);

/** What is in the file that `CLOISTER_STORAGE_INSTANCES` names: storages that single accounts have for themselves. */
export const storageInstancesConfig = z
  .array(z.strictObject({ account: z.uuid('must be the id of an account').toLowerCase(), url: bucketUrl }))
  .superRefine((instances, context) => {
    for (const [index, { account }] of instances.entries()) {
      if (instances.findIndex((one) => one.account === account) < index) {
        context.addIssue({ code: 'custom', path: [index, 'account'], message: `"${account}" has a storage already` });
      }
    }
  });
export type StorageInstances = z.output<typeof storageInstancesConfig>;

/** Settings of the storage room. URLs have absolute paths. */
export const storageConfig = z.strictObject({
  /** `CLOISTER_BUCKET`, the storage of every account that has none for itself. */
  url: bucketUrl,
  instances: storageInstancesConfig.default([]),
});
export type StorageConfig = z.input<typeof storageConfig>;
