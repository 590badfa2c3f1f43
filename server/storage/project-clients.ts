import { setTimeout as sleep } from 'node:timers/promises';
import type { S3 } from '@aws-sdk/client-s3';
import { AppError, isAppError, Secret } from '../core/index.ts';
import { type EncryptionContext, isNotReadable, type SecretWrapper } from '../keys/index.ts';
import type { BucketScope } from './bucket.ts';
import type { BucketCredentialStore } from './bucket-credential-store.ts';
import type { BucketCredentials } from './bucket-credentials.ts';
import type { AccessKey, OpenS3 } from './s3-client.ts';
import { s3Status } from './s3-error.ts';

/** As many clients stay open with their credentials in memory. */
const MAX_CLIENTS = 500;

/** New credentials are asked for this often, the pauses growing from the first to the last, until the storage knows them. */
const KNOWN_AFTER_ATTEMPTS = 12;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 4000;

/** Clients that open one project's bucket. */
export type ProjectClients = {
  /** Whose credentials they have. */
  readonly credentials: 'of-bucket' | 'of-instance';
  /**
   * The client of a project; makes credentials where the project has none.
   * @throws AppError `not-found` when there is no such project; the storage's `NoSuchBucket` when it has neither credentials nor a bucket
   */
  get(scope: BucketScope): Promise<S3>;
  /** Another client in place of one whose credentials the storage does not know (any more). */
  renew(scope: BucketScope, refused: S3): Promise<S3>;
  /** Ends the credentials of a project. No error if it has none. */
  destroy(scope: BucketScope): Promise<void>;
};

/** One client for all, with the credentials of the instance: for storages that cannot make others. */
export function createInstanceClients(instance: () => Promise<S3>): ProjectClients {
  return {
    credentials: 'of-instance',
    get: () => instance(),
    renew: () => instance(),
    async destroy() {},
  };
}

/** A client for each project, with credentials that open its bucket alone. They are kept wrapped, and their secret is in memory only. */
export function createBucketClients(options: {
  readonly credentials: BucketCredentials;
  readonly store: BucketCredentialStore;
  readonly secretWrapper: SecretWrapper;
  /** With the credentials of the instance. */
  readonly instance: () => Promise<S3>;
  readonly open: OpenS3;
  readonly nameOf: (scope: BucketScope) => string;
}): ProjectClients {
  const { credentials, store, secretWrapper, instance, open, nameOf } = options;
  const clients = new Map<string, Promise<S3>>();

  /** One at a time for each bucket, so that two of this process do not end each other's credentials. */
  function remember(scope: BucketScope, work: () => Promise<S3>): Promise<S3> {
    const name = nameOf(scope);
    const client = work();
    clients.delete(name);
    clients.set(name, client);
    client.catch(() => {
      if (clients.get(name) === client) clients.delete(name);
    });
    for (const oldest of clients.keys()) {
      if (clients.size <= MAX_CLIENTS) break;
      clients.delete(oldest);
    }
    return client;
  }

  async function findClient(scope: BucketScope): Promise<S3 | undefined> {
    const wrapped = await store.find(scope);
    if (wrapped === undefined) return undefined;
    const accessKey = await unwrap(scope, wrapped).catch((error: unknown) => {
      // Another KMS than the one that wrapped them, for example. Nothing is lost: credentials can be made anew.
      if (isAppError(error, 'failed-precondition') && isNotReadable(error)) return undefined;
      throw error;
    });
    return accessKey === undefined ? undefined : open(accessKey);
  }

  async function unwrap(scope: BucketScope, wrapped: Uint8Array): Promise<AccessKey> {
    const bytes = await secretWrapper.unwrap(wrapped, contextOf(scope));
    try {
      const { id, secret } = JSON.parse(Buffer.from(bytes).toString()) as { id: string; secret: string };
      return { id, secret: new Secret(secret) };
    } finally {
      bytes.fill(0);
    }
  }

  async function issue(scope: BucketScope): Promise<S3> {
    await requireBucket(await instance(), nameOf(scope));
    const { id, secret } = await credentials.issue(nameOf(scope));
    const bytes = Buffer.from(JSON.stringify({ id, secret: secret.expose() }));
    try {
      await store.keep(scope, await secretWrapper.wrap(bytes, contextOf(scope)));
    } catch (error) {
      // Nothing may open the bucket that nobody knows of.
      await credentials.destroy(nameOf(scope)).catch(() => {});
      throw error;
    } finally {
      bytes.fill(0);
    }
    const client = await open({ id, secret });
    await waitUntilKnown(client, nameOf(scope));
    return client;
  }

  return {
    credentials: 'of-bucket',
    get(scope: BucketScope) {
      return (
        clients.get(nameOf(scope)) ?? remember(scope, async () => (await findClient(scope)) ?? (await issue(scope)))
      );
    },
    async renew(scope: BucketScope, refused: S3) {
      const name = nameOf(scope);
      const current = await clients.get(name);
      if (current !== undefined && current !== refused) return current;
      return remember(scope, async () => {
        // Another server of the deployment may have made them anew.
        const found = await findClient(scope);
        if (found !== undefined && (await idOf(found)) !== (await idOf(refused))) return found;
        return issue(scope);
      });
    },
    async destroy(scope: BucketScope) {
      clients.delete(nameOf(scope));
      await credentials.destroy(nameOf(scope));
      await store.forget(scope);
    },
  };
}

/** Version 1 of what wrapped credentials belong to. */
function contextOf({ accountId, projectId }: BucketScope): EncryptionContext {
  return { account: accountId, project: projectId, purpose: 'bucket-credential', version: '1' };
}

async function idOf(client: S3): Promise<string> {
  return (await client.config.credentials()).accessKeyId;
}

/** No user is made for a bucket that is not there. */
async function requireBucket(s3: S3, bucketName: string): Promise<void> {
  await s3.listObjectsV2({ Bucket: bucketName, MaxKeys: 1 });
}

/** Storages tell all their servers of a new user over some seconds. */
async function waitUntilKnown(client: S3, bucketName: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.listObjectsV2({ Bucket: bucketName, MaxKeys: 1 });
      return;
    } catch (error) {
      if (s3Status(error) !== 403) throw error;
      if (attempt === KNOWN_AFTER_ATTEMPTS) {
        throw new AppError(
          'unavailable',
          'The storage made new credentials for the bucket, but does not know them yet. Try again in a minute; if it stays, tell the operator.',
          { details: { reason: 'storage-credentials-not-known' }, cause: error },
        );
      }
      await sleep(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LAST_PAUSE_MS));
    }
  }
}
