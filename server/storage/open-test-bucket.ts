import { silentLogger } from '../core/index.ts';
import { createEgress } from '../egress/index.ts';
import type { SecretWrapper } from '../keys/index.ts';
import type { BucketHarness } from './bucket.conformance.ts';
import type { BucketCredentialStore } from './bucket-credential-store.ts';
import { parseBucketUrl } from './bucket-url.ts';
import { createMemoryBucketCredentialStore } from './memory-bucket-credential-store.ts';
import { openBucket } from './open-bucket.ts';

/** A storage of a test by its URL, without a database. @param parts.ca authorities that its endpoints are trusted by */
export function openTestBucket(
  url: string,
  parts: {
    readonly secretWrapper: SecretWrapper;
    readonly store?: BucketCredentialStore;
    readonly ca?: string;
    readonly idleMs?: number;
  },
): BucketHarness {
  const { secretWrapper, store = createMemoryBucketCredentialStore(), ca, idleMs } = parts;
  const address = parseBucketUrl(url);
  const endpoints = address.type === 's3' ? [address.endpoint, address.iamEndpoint ?? address.endpoint] : [];
  const allow = endpoints.map((endpoint) => ({
    host: new URL(endpoint).host,
    why: 'test',
    ...(ca === undefined ? {} : { ca }),
  }));
  const egress = createEgress({ allow, logger: silentLogger });
  const opened = openBucket(url, {
    defaultPrefix: 'cloister-',
    store,
    secretWrapper,
    egress,
    logger: silentLogger,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  return {
    bucket: opened.bucket,
    async close() {
      await opened.close();
      await egress.close();
    },
  };
}
