import { randomBytes } from 'node:crypto';
import { AppError, type Clock, newId, notFound } from '../core/index.ts';
import type { EncryptionContext } from './encryption-context.ts';
import type { KeyStore, ProjectKeyRecord, ProjectScope } from './key-store.ts';
import { KEY_LENGTH_BYTES, unwrapWithKey, wrapWithKey } from './key-wrap.ts';
import type { KmsProvider } from './kms-provider.ts';
import { sealedDataNotReadable } from './not-readable.ts';
import { ObjectKey } from './object-key.ts';
import { ProjectKeyCache } from './project-key-cache.ts';

/** Where an object belongs and what it is for; its key opens nowhere else. */
export type ObjectScope = ProjectScope & { readonly objectId: string; readonly purpose: string };

/** An object key as the database keeps it. */
export type WrappedObjectKey = { readonly projectKeyId: string; readonly wrapped: Uint8Array };

/**
 * The key hierarchy: wrapping key of the account (in the KMS) → project key → object key. It trusts its callers to have checked
 * who asks. Call it outside database transactions: it may ask the KMS.
 */
export type KeyService = {
  /** Makes the project's key if it has none. @throws AppError `not-found` when the project is not there. */
  createProjectKey(scope: ProjectScope): Promise<void>;
  /**
   * A new object key, and its wrapped form to keep. Makes the project's key if it has none yet (a crash between the project's row and
   * its key leaves that).
   */
  newObjectKey(scope: ObjectScope): Promise<WrappedObjectKey & { readonly key: ObjectKey }>;
  /** @throws AppError `failed-precondition` when the wrapped key does not open, with one message for every cause. */
  openObjectKey(scope: ObjectScope, wrappedKey: WrappedObjectKey): Promise<ObjectKey>;
  /** Deletes the project's keys and zeroes them in memory: from then on nothing of the project can be opened. */
  destroyProjectKeys(scope: ProjectScope): Promise<void>;
  /** Zeroes every key in memory. */
  close(): void;
};

export function createKeyService(options: {
  readonly provider: KmsProvider;
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly cacheSeconds: number;
}): KeyService {
  const { provider, store, clock } = options;
  const cache = new ProjectKeyCache({ lifetimeSeconds: options.cacheSeconds, clock });

  async function currentOrNewKey(scope: ProjectScope): Promise<ProjectKeyRecord> {
    return (await store.findCurrent(scope)) ?? (await makeProjectKey(scope));
  }

  async function makeProjectKey(scope: ProjectScope): Promise<ProjectKeyRecord> {
    const id = newId();
    const keyId = accountWrappingKeyId(scope.accountId);
    const projectKey = randomBytes(KEY_LENGTH_BYTES);
    try {
      const wrappedKey = await provider.wrap(keyId, projectKey, projectKeyContext(scope, id));
      const wrappingKeyId = `${provider.name}:${keyId}`;
      const now = clock.now();
      const record = { id, ...projectOf(scope), wrappingKeyId, wrappedKey, createdAt: now, wrappedAt: now };
      await store.insert(record);
      return record;
    } finally {
      projectKey.fill(0);
    }
  }

  async function unwrapProjectKey(record: ProjectKeyRecord): Promise<Uint8Array> {
    const keyId = wrappingKeyOf(provider, record);
    const key = await provider.unwrap(keyId, record.wrappedKey, projectKeyContext(record, record.id));
    if (key.length !== KEY_LENGTH_BYTES) throw sealedDataNotReadable();
    return key;
  }

  async function findAndUnwrapProjectKey(scope: ProjectScope, id: string): Promise<Uint8Array> {
    const record = await store.find(scope, id);
    if (record === undefined) throw sealedDataNotReadable(notFound('project key', id));
    return unwrapProjectKey(record);
  }

  return {
    async createProjectKey(scope: ProjectScope) {
      await currentOrNewKey(scope);
    },
    async newObjectKey(scope: ObjectScope) {
      const record = await currentOrNewKey(scope);
      const bytes = randomBytes(KEY_LENGTH_BYTES);
      const wrapped = await cache.use(
        scope,
        record.id,
        () => unwrapProjectKey(record),
        (projectKey) => wrapWithKey(projectKey, OBJECT_KEY_VERSION, bytes, objectKeyContext(scope)),
      );
      return { key: new ObjectKey(bytes), projectKeyId: record.id, wrapped };
    },
    async openObjectKey(scope: ObjectScope, { projectKeyId, wrapped }: WrappedObjectKey) {
      const bytes = await cache.use(
        scope,
        projectKeyId,
        () => findAndUnwrapProjectKey(scope, projectKeyId),
        (projectKey) => unwrapWithKey(projectKey, wrapped, objectKeyContext(scope)),
      );
      if (bytes.length !== KEY_LENGTH_BYTES) throw sealedDataNotReadable();
      return new ObjectKey(bytes);
    },
    async destroyProjectKeys(scope: ProjectScope) {
      await store.deleteAll(scope);
      cache.forget(scope);
    },
    close() {
      cache.close();
    },
  };
}

/** A project key never changes: a rotated one is a new record with its own id. So what it wraps is always of version 1. */
const OBJECT_KEY_VERSION = 1;

/** Version of the contexts below. A change to them gets another number, so that old wrapped keys are known by it. */
const CONTEXT_VERSION = '1';

function projectKeyContext(scope: ProjectScope, projectKeyId: string): EncryptionContext {
  return {
    account: scope.accountId,
    project: scope.projectId,
    projectKey: projectKeyId,
    purpose: 'project-key',
    version: CONTEXT_VERSION,
  };
}

function objectKeyContext(scope: ObjectScope): EncryptionContext {
  return {
    account: scope.accountId,
    project: scope.projectId,
    object: scope.objectId,
    purpose: scope.purpose,
    version: CONTEXT_VERSION,
  };
}

function accountWrappingKeyId(accountId: string): string {
  return `account/${accountId}`;
}

/** The key's id within its provider. */
function wrappingKeyOf(provider: KmsProvider, record: ProjectKeyRecord): string {
  const prefix = `${provider.name}:`;
  if (record.wrappingKeyId.startsWith(prefix)) return record.wrappingKeyId.slice(prefix.length);
  throw new AppError(
    'failed-precondition',
    'The key of this project was wrapped by another key provider than the one in use. Set CLOISTER_KMS back to what it was.',
    { details: { reason: 'other-key-provider' } },
  );
}

function projectOf(scope: ProjectScope): ProjectScope {
  return { accountId: scope.accountId, projectId: scope.projectId };
}
