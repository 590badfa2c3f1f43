import { randomBytes } from 'node:crypto';
import { type Clock, newId, notFound } from '../core/index.ts';
import { applicableKey, stillAppliesFor } from './applicable-key.ts';
import type { EncryptionContext } from './encryption-context.ts';
import type { KeyBindingStore, KeyBindings, KeyScope } from './key-binding.ts';
import { requireEnabled } from './key-states.ts';
import type { KeyStore, ProjectKeyRecord, ProjectScope } from './key-store.ts';
import { KEY_LENGTH_BYTES, unwrapWithKey, wrapWithKey } from './key-wrap.ts';
import type { KmsProviders } from './kms-providers.ts';
import { sealedDataNotReadable } from './not-readable.ts';
import { ObjectKey } from './object-key.ts';
import { ProjectKeyCache } from './project-key-cache.ts';
import { createProjectKeyWrapping } from './project-key-wrapping.ts';

/** Where an object belongs and what it is for; its key opens nowhere else. */
export type ObjectScope = ProjectScope & { readonly objectId: string; readonly purpose: string };

/** An object key as the database keeps it. */
export type WrappedObjectKey = { readonly projectKeyId: string; readonly wrapped: Uint8Array };

/**
 * The key hierarchy: wrapping key (in a KMS; see `applicable-key.ts` for which) → project key → object key. It trusts its callers to have
 * checked who asks. Call it outside database transactions: it may ask the KMS.
 *
 * Whether the account's and the project's key may be used is asked for every new object key, and for opening whenever the project key is not
 * in memory. All that need one throw AppError `failed-precondition` when it may not (reason `key-disabled` or `key-destroyed`).
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
  /** Zeroes the keys of the project or the whole account that are in memory: what was decided about them counts at once. */
  forget(scope: KeyScope): void;
  /** Zeroes every key in memory. */
  close(): void;
};

export function createKeyService(options: {
  readonly providers: KmsProviders;
  readonly store: KeyStore;
  readonly bindings: Pick<KeyBindingStore, 'find'>;
  readonly clock: Clock;
  readonly cacheSeconds: number;
}): KeyService {
  const { providers, store, bindings, clock } = options;
  const wrapping = createProjectKeyWrapping(options);
  const cache = new ProjectKeyCache({ lifetimeSeconds: options.cacheSeconds, clock });

  async function enabledBindings(scope: KeyScope): Promise<KeyBindings> {
    const found = await bindings.find(scope);
    requireEnabled(found);
    return found;
  }

  async function currentOrNewKey(scope: ProjectScope): Promise<ProjectKeyRecord> {
    const [current, found] = await Promise.all([store.findCurrent(scope), enabledBindings(scope)]);
    return current ?? (await makeProjectKey(scope, found));
  }

  async function makeProjectKey(scope: ProjectScope, found: KeyBindings): Promise<ProjectKeyRecord> {
    const owner = { id: newId(), accountId: scope.accountId, projectId: scope.projectId };
    const projectKey = randomBytes(KEY_LENGTH_BYTES);
    try {
      const key = applicableKey(providers, scope.accountId, found);
      const wrapped = await wrapping.wrap(key, owner, projectKey);
      const record = { ...owner, ...wrapped, createdAt: clock.now() };
      if (await store.insert(record, stillAppliesFor(providers, scope.accountId, key))) return record;
    } finally {
      projectKey.fill(0);
    }
    // While the KMS was asked, another key was bound, or this one disabled or destroyed, which is refused here unless it is enabled by now.
    return currentOrNewKey(scope);
  }

  async function checkAndUnwrap(record: ProjectKeyRecord): Promise<Uint8Array> {
    await enabledBindings(record);
    return wrapping.unwrap(record);
  }

  async function findAndUnwrapProjectKey(scope: ProjectScope, id: string): Promise<Uint8Array> {
    const [record] = await Promise.all([store.find(scope, id), enabledBindings(scope)]);
    if (record === undefined) throw sealedDataNotReadable(notFound('project key', id));
    return wrapping.unwrap(record);
  }

  return {
    async createProjectKey(scope: ProjectScope) {
      await currentOrNewKey(scope);
    },
    async newObjectKey(scope: ObjectScope) {
      const record = await currentOrNewKey(scope);
      // Made only when the project key is here: no unsealed key lies in memory while the KMS is asked, or after it refused.
      const { bytes, wrapped } = await cache.use(
        scope,
        record.id,
        () => checkAndUnwrap(record),
        (projectKey) => {
          const bytes = randomBytes(KEY_LENGTH_BYTES);
          return { bytes, wrapped: wrapWithKey(projectKey, OBJECT_KEY_VERSION, bytes, objectKeyContext(scope)) };
        },
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
      try {
        await store.deleteAll(scope);
      } finally {
        cache.forget(scope);
      }
    },
    forget(scope: KeyScope) {
      cache.forget(scope);
    },
    close() {
      cache.close();
    },
  };
}

/** A project key never changes: a rotated one is a new record with its own id. So what it wraps is always of version 1. */
const OBJECT_KEY_VERSION = 1;

/** Authenticated with every wrapped object key: never changes without another version. */
function objectKeyContext(scope: ObjectScope): EncryptionContext {
  return {
    account: scope.accountId,
    project: scope.projectId,
    object: scope.objectId,
    purpose: scope.purpose,
    version: '1',
  };
}
